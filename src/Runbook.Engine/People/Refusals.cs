using Runbook.Journal;

namespace Runbook.Engine;

/// <summary>Why an approval does not count, in a sentence for the person who gave it.</summary>
public static class Refusals
{
    /// <summary>The sentence.</summary>
    public static string InWords(ApprovalRefusal why, string person) => why switch
    {
        ApprovalRefusal.Malformed => $"What {person} signed can't be read: it is not written the strict way.",
        ApprovalRefusal.UnknownKey => $"{person} signed with a key that is not in the roster of this session.",
        ApprovalRefusal.BadSignature => $"The signature of {person} does not verify.",
        ApprovalRefusal.WrongSession => $"What {person} signed is for another session.",
        ApprovalRefusal.WrongRunbook => $"What {person} signed is for another runbook.",
        ApprovalRefusal.WrongRoster => $"What {person} signed is for another roster.",
        ApprovalRefusal.NotOpen => "The request is not open any more.",
        ApprovalRefusal.WrongHead => $"What {person} signed is for the journal as it was at another moment.",
        ApprovalRefusal.WrongNonce => $"What {person} signed answers another request.",
        ApprovalRefusal.WrongPlan => $"What {person} signed is another plan than the one that waits.",
        ApprovalRefusal.WrongRole => $"{person} does not hold the role that is asked.",
        ApprovalRefusal.Expired => "The time for this approval is over.",
        ApprovalRefusal.DuplicatePerson => $"{person} has answered already; a quorum counts each person once.",
        ApprovalRefusal.DuplicateKey => $"The key of {person} has answered already; a quorum counts each key once.",
        ApprovalRefusal.OwnApproval => $"{person} is the operator, whose own approval does not count for what takes something away.",
        _ => $"The passphrase of {person} is wrong.",
    };
}
