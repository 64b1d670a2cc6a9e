using Runbook.Cli.Sessions;
using Runbook.Cli.Worlds;
using Runbook.Engine;
using Runbook.Engine.Actions;
using Runbook.Simulator;

namespace Runbook.Cli.Guards;

/// <summary>The world in which a guard undoes: the profile's Azure, or the embedded one once its console is gone.</summary>
internal sealed class GuardWorld : IGuardWorld
{
    private readonly IWorld _world;

    private GuardWorld(IWorld world, string session) => (_world, FilesFolder) = (world, SessionPaths.FilesOf(session));

    public ActionSet Actions => _world.Actions;

    public ISessionClock Clock => _world.Clock;

    public string FilesFolder { get; }

    /// <summary>What would be permitted there.</summary>
    public IUndoPermissions Permissions => _world.Permissions;

    /// <summary>
    /// Opens it. The embedded Azure is one process's at a time: while the console has it, there is no console to make up for.
    /// </summary>
    /// <returns><see langword="null"/> while somebody else has it.</returns>
    public static async Task<GuardWorld?> TryOpenAsync(string session, string? profile, bool isRealClock, double speed, CancellationToken cancellationToken)
    {
        if (profile is not null) return new GuardWorld(RealWorld.Open(profile), session);
        try
        {
            return new GuardWorld(await EmbeddedWorld.StartAsync(session, null, null, isRealClock, speed, null, cancellationToken).ConfigureAwait(false), session);
        }
        catch (StateFileException taken) when (taken.Code == "RS202")
        {
            return null;
        }
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();
}
