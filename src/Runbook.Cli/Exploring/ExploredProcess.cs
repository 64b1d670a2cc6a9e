using Runbook.Journal;

namespace Runbook.Cli.Exploring;

/// <summary>The process is gone, in the middle of what it did.</summary>
internal sealed class ProcessGoneException : Exception
{
    public ProcessGoneException()
        : base("The process was killed.")
    {
    }
}

/// <summary>
/// One life of a console or a guard: what it does passes through here, and here it can die. Whatever waits when it dies waits
/// for ever, as after a kill -9: nothing of it is unwound.
/// </summary>
/// <param name="world">The run.</param>
/// <param name="name">For messages.</param>
/// <param name="isConsole">Whether it is the console; else it is a guard.</param>
internal sealed class ExploredProcess(ExploredWorld world, string name, bool isConsole)
{
    private readonly TaskCompletionSource _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _diskIsBroken;

    /// <summary>For messages.</summary>
    public string Name => name;

    /// <summary>Whether it is the console.</summary>
    public bool IsConsole => isConsole;

    /// <summary>Whether it is dead.</summary>
    public bool IsDead { get; private set; }

    /// <summary>Done when it dies.</summary>
    public Task Gone => _gone.Task;

    /// <summary>Until when its heart stands still, with everything else of it.</summary>
    public bool IsStalled { get; set; }

    /// <summary>Whether it can do nothing for now, though its heart may beat.</summary>
    public bool IsBusy { get; set; }

    /// <summary>How far its wall clock is off.</summary>
    public TimeSpan Skew { get; set; }

    /// <summary>What happens besides when it dies.</summary>
    public Action? OnDeath { get; set; }

    /// <summary>Ends it.</summary>
    public void Kill()
    {
        if (IsDead) return;
        IsDead = true;
        world.Disk.Release(this);
        OnDeath?.Invoke();
        _gone.TrySetResult();
    }

    /// <summary>Nothing is done by the dead.</summary>
    public void Alive()
    {
        if (IsDead) throw new ProcessGoneException();
    }

    /// <summary>An operation that changes something on the disk.</summary>
    /// <param name="operation">The system's word.</param>
    /// <param name="path">What it is done to.</param>
    /// <param name="whole">Does it.</param>
    /// <param name="part">Does a part of it; <see langword="null"/> where it has no parts.</param>
    public void OnDisk(string operation, string path, Action whole, Action? part)
    {
        Alive();
        if (_diskIsBroken) throw new DiskException(operation, path, Errno.Eio);
        var mishap = world.At(isConsole ? Place.Disk : Place.GuardDisk);
        switch (mishap?.Kind)
        {
            case MishapKind.DiskFails:
                _diskIsBroken = true;
                world.Died(mishap);
                throw new DiskException(operation, path, Errno.Eio);
            case MishapKind.KilledBefore or MishapKind.Reboot:
                world.Die(this, mishap);
                throw new ProcessGoneException();
            case MishapKind.Torn:
                part?.Invoke();
                world.Die(this, mishap);
                throw new ProcessGoneException();
            case MishapKind.KilledAfter:
                whole();
                world.Die(this, mishap);
                throw new ProcessGoneException();
            default:
                whole();
                break;
        }
    }
}
