using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Runbook.Journal;

/// <summary>What a lock's file says of its holder: written by another process, so made inert and short.</summary>
internal static class LockText
{
    private const int BytesMax = 1024;

    internal static string Read(SafeFileHandle handle)
    {
        var bytes = new byte[BytesMax];
        try
        {
            return Of(bytes.AsSpan(0, RandomAccess.Read(handle, bytes, 0)));
        }
        catch (IOException)
        {
            // The message does without the holder's name rather than fail for it.
            return "";
        }
    }

    internal static string Of(ReadOnlySpan<byte> bytes) => Inert.Text(Encoding.UTF8.GetString(bytes)).Trim();
}
