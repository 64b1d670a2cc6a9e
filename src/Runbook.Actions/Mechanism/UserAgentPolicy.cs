using System.Collections.Concurrent;
using Azure.Core;
using Azure.Core.Pipeline;

namespace Runbook.Actions;

/// <summary>Says who is calling, in the words that Azure's clients use: they would put them together anew for each call.</summary>
internal sealed class UserAgentPolicy : HttpPipelineSynchronousPolicy
{
    private const string ApplicationId = "runbook";

    private static readonly ConcurrentDictionary<Type, UserAgentPolicy> Known = new();

    private readonly string _name;

    private UserAgentPolicy(Type options) => _name = new TelemetryDetails(options.Assembly, ApplicationId).ToString();

    /// <summary>The policy of a kind of client.</summary>
    /// <param name="options">The type of its options.</param>
    public static UserAgentPolicy Of(Type options) => Known.GetOrAdd(options, static type => new UserAgentPolicy(type));

    public override void OnSendingRequest(HttpMessage message) => message.Request.Headers.SetValue(HttpHeader.Names.UserAgent, _name);
}
