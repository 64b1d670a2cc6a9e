namespace Runbook.Journal;

/// <summary>The types of signed payloads. A type is part of what is signed, so that one can't pass for another.</summary>
public static class PayloadTypes
{
    /// <summary><see cref="ApprovalPayload"/>.</summary>
    public const string Approval = "application/vnd.runbook.approval+json";

    /// <summary><see cref="TickPayload"/>.</summary>
    public const string Tick = "application/vnd.runbook.tick+json";

    /// <summary><see cref="AnswerPayload"/>.</summary>
    public const string Answer = "application/vnd.runbook.answer+json";

    /// <summary><see cref="Runbook.Journal.Roster"/>.</summary>
    public const string Roster = "application/vnd.runbook.roster+json";

    /// <summary><see cref="HandoverPayload"/>.</summary>
    public const string Handover = "application/vnd.runbook.handover+json";

    /// <summary><see cref="ReviewPayload"/>.</summary>
    public const string Review = "application/vnd.runbook.review+json";

    /// <summary><see cref="EnrolmentPayload"/>.</summary>
    public const string Enrolment = "application/vnd.runbook.enrolment+json";

    /// <summary>The statement: in-toto Statement v1.</summary>
    public const string InToto = "application/vnd.in-toto+json";
}
