using System.Text.RegularExpressions;
using Runbook.Simulator.Http;

namespace Runbook.Simulator;

/// <summary>Makes log records; what would let a reader of the log act in somebody's name stays out of them.</summary>
internal static partial class CallRecords
{
    public static CallRecord Of(Call call, Service service, int status, string? errorCode, string? errorText) => new()
    {
        Sequence = 0,
        Time = call.Now,
        Principal = call.Caller.ObjectId is { Length: > 0 } id ? id : null,
        Application = call.Caller.ApplicationId,
        Method = call.Request.Method,
        Url = Signature().Replace(call.Request.Url, "$1…"),
        Status = status,
        Operation = call.Route?.Operation.Name,
        Service = service.Kind.ToString(),
        RequestId = call.RequestId.ToString(),
        ClientRequestId = call.Request.Headers["x-ms-client-request-id"],
        CorrelationId = service.CorrelationOf(call),
        ErrorCode = errorCode,
        ErrorText = errorText,
        Fault = call.Fault,
        ClientAddress = call.Request.ClientAddress.ToString(),
        UserAgent = call.Request.Headers["User-Agent"],
        Resource = service.ResourceOf(call),
        ByService = call.Caller.ByService,
    };

    [GeneratedRegex("([?&](?:sig|code)=)[^&]*", RegexOptions.IgnoreCase)]
    private static partial Regex Signature();
}
