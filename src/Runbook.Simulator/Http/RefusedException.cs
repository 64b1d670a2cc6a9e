namespace Runbook.Simulator.Http;

/// <summary>
/// Carries a refusal out of the depth of a handler. A transaction that it leaves is dropped whole, so that a refused
/// request changes nothing.
/// </summary>
internal sealed class RefusedException(Answer answer) : Exception(answer.ErrorText ?? answer.ErrorCode ?? "refused")
{
    public Answer Answer { get; } = answer;
}
