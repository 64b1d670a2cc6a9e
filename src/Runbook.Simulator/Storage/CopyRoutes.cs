using Runbook.Simulator.Http;
using Runbook.Simulator.Identity;
using Runbook.Simulator.ResourceManager;
using Runbook.Simulator.State;

namespace Runbook.Simulator.Storage;

/// <summary>Copying a blob from another account of this Azure, server to server.</summary>
/// <remarks>
/// The source is read as whoever the token in <c>x-ms-copy-source-authorization</c> belongs to, which need not be who writes:
/// each account asks for its own role, and each has its own key and firewall.
/// </remarks>
internal sealed class CopyRoutes
{
    /// <summary>What tells the operations apart that name a source.</summary>
    public const string Whole = "FromUrl";

    private const string Source = "x-ms-copy-source";

    private readonly SimulatorCore _core;
    private readonly BlobDesk _desk;
    private readonly BlobRoutes _blobs;

    public CopyRoutes(SimulatorCore core, BlobDesk desk, BlobRoutes blobs)
    {
        (_core, _desk, _blobs) = (core, desk, blobs);
        desk.Service.Add("Put Blob From URL", "PUT", BlobLevel.Blob, "", BlobRoutes.Write, PutFromUrl, Whole, "From accounts of this Azure, block blobs, at most 64 MiB; with a token for the source, not a signature.");
        desk.Service.Add("Copy Blob", "PUT", BlobLevel.Blob, "", BlobRoutes.Write, null, "Copy");
    }

    /// <summary>Which of the operations a request is.</summary>
    public static string VariantOf(Call call) => call.Request.Headers["x-ms-blob-type"] == BlobItem.Block ? Whole : "Copy";

    private Answer PutFromUrl(Call call)
    {
        if (call.Body.Length > 0)
            throw _desk.Service.BadHeader(call, "Content-Length");
        var view = call.Read();
        var (account, item) = Find(call, view);
        var keys = _desk.KeysOf(call, view, account, item.Scope);
        var bytes = BlobContent.Read(view, keys, item, 0, (int)item.Length);
        var metadata = BlobContent.OpenMetadata(keys, item);
        if (call.Request.Headers["x-ms-source-content-md5"] is { } expected && expected != Convert.ToBase64String(BlobDesk.Md5(bytes)))
            throw _desk.Refuse(call, 400, "Md5Mismatch", "The MD5 value specified in the request did not match with the MD5 value calculated by the server.");
        var takesHeaders = !string.Equals(call.Request.Headers["x-ms-copy-source-blob-properties"], "false", StringComparison.OrdinalIgnoreCase);
        return _blobs.PutBlock(call, bytes, takesHeaders ? item.Headers : null, metadata)
            .With("Content-MD5", Convert.ToBase64String(BlobDesk.Md5(bytes)));
    }

    private (StorageAccount Account, BlobItem Item) Find(Call call, EstateView view)
    {
        if (!Uri.TryCreate(call.Request.Headers[Source], UriKind.Absolute, out var source) || source.Scheme != Uri.UriSchemeHttps)
            throw _desk.Service.BadHeader(call, Source);
        if (view.Find(Tables.StorageAccounts, HostNames.FirstLabel(source.Host)) is not { Ready: true } account || !string.Equals(source.Host, account.BlobHost, StringComparison.OrdinalIgnoreCase))
            throw Unverified(call, 404, "The specified resource does not exist.");
        var fault = _core.Tokens.Check(call.Request.Headers["x-ms-copy-source-authorization"], ["https://storage.azure.com", $"https://{account.BlobHost}"], out var reader);
        if (fault != TokenFault.None)
            throw Unverified(call, 401, "Server failed to authenticate the request. Please refer to the information in the www-authenticate header.");
        if (!BlobService.IsLetIn(account, call.Request.ClientAddress))
            throw Unverified(call, 403, "This request is not authorized to perform this operation.");
        var path = Uri.UnescapeDataString(source.AbsolutePath).TrimStart('/').Split('/', 2);
        var (container, name) = (path[0], path.Length > 1 ? path[1] : "");
        if (!AccessControl.AllowsData(view, reader, BlobRoutes.Read, $"{account.ResourceId}/blobServices/default/containers/{container}/blobs/{name}", call.Now))
            throw Unverified(call, 403, "This request is not authorized to perform this operation using this permission.");
        var item = view.Find(Tables.Blobs, BlobItem.KeyOf(account.Name, container, name)) ?? throw Unverified(call, 404, "The specified blob does not exist.");
        if (item.Type != BlobItem.Block)
            throw _desk.Refuse(call, 501, "NotImplemented", "The simulator copies block blobs only.");
        return item.Length <= Limits.BlobBodyBytes ? (account, item) : throw _desk.Refuse(call, 501, "NotImplemented", "The simulator copies at most 64 MiB at once.");
    }

    private RefusedException Unverified(Call call, int status, string text) => _desk.Refuse(call, status, StorageAssumptions.CopySourceCode, text);
}
