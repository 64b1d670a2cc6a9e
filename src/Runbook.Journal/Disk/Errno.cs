using System.Globalization;

namespace Runbook.Journal;

/// <summary>The system's error numbers that the journal meets, as Linux counts them.</summary>
public static class Errno
{
    /// <summary>Input/output error.</summary>
    public const int Eio = 5;

    /// <summary>No space left on device.</summary>
    public const int Enospc = 28;

    /// <summary>Disk quota exceeded.</summary>
    public const int Edquot = 122;

    /// <summary>No such file or folder.</summary>
    public const int Enoent = 2;

    /// <summary>Something is there already.</summary>
    public const int Eexist = 17;

    /// <summary>Not to be done with what is there.</summary>
    public const int Einval = 22;

    internal const int Eintr = 4;
    internal const int Eacces = 13;
    internal const int Eagain = 11;
    internal const int Eloop = 40;

    private static readonly Dictionary<int, string> Names = new()
    {
        [0] = "no error number",
        [1] = "EPERM",
        [Enoent] = "ENOENT",
        [Eintr] = "EINTR",
        [Eio] = "EIO",
        [9] = "EBADF",
        [Eagain] = "EAGAIN",
        [12] = "ENOMEM",
        [Eacces] = "EACCES",
        [Eexist] = "EEXIST",
        [18] = "EXDEV",
        [20] = "ENOTDIR",
        [21] = "EISDIR",
        [Einval] = "EINVAL",
        [23] = "ENFILE",
        [24] = "EMFILE",
        [27] = "EFBIG",
        [Enospc] = "ENOSPC",
        [30] = "EROFS",
        [36] = "ENAMETOOLONG",
        [39] = "ENOTEMPTY",
        [Eloop] = "ELOOP",
        [Edquot] = "EDQUOT",
    };

    /// <summary>The name of an error number.</summary>
    /// <param name="errno">The number.</param>
    public static string NameOf(int errno)
        => Names.TryGetValue(errno, out var name) ? name : "error " + errno.ToString(CultureInfo.InvariantCulture);
}
