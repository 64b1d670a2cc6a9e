namespace Runbook.Simulator.Http;

/// <summary>What a transport has to do with a request: deliver an answer, or fail as a network would.</summary>
internal readonly record struct Delivery(Answer? Answer, Delivery.Failure Fails)
{
    internal enum Failure
    {
        None,

        /// <summary>The name does not resolve.</summary>
        NameNotFound,

        /// <summary>Nobody answers at the address.</summary>
        Unreachable,

        /// <summary>The request was carried out and the answer is lost.</summary>
        AnswerLost,
    }
}
