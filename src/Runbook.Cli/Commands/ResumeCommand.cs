using System.CommandLine;
using Runbook.Actions;
using Runbook.Cli.Fronts;
using Runbook.Cli.Guards;
using Runbook.Cli.People;
using Runbook.Cli.Sessions;
using Runbook.Cli.Worlds;
using Runbook.Engine;
using Runbook.Journal;
using Runbook.Simulator;

namespace Runbook.Cli.Commands;

/// <summary><c>runbook resume DIR</c>: goes on where a session stopped or was cut off.</summary>
internal static class ResumeCommand
{
    private const int WorldTriesMax = 100;
    private static readonly TimeSpan WorldTryAgain = TimeSpan.FromMilliseconds(200);

    public static Command Build(CliConsole console)
    {
        var directory = new Argument<string>("DIR") { Description = "The session's directory, or a unique beginning of its id." };
        var clean = new Option<bool>("--clean") { Description = "Remove the directory of a session that never began." };
        var session = new SessionOptions();
        var command = new Command("resume", "Go on with a session that stopped or was cut off.") { directory, clean };
        session.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var root = SessionPaths.Find(parsed.GetValue(directory)!);
            return parsed.GetValue(clean)
                ? Clean(root, console)
                : await ResumeAsync(root, session.Read(parsed, console), console, cancellationToken).ConfigureAwait(false);
        });
        return command;
    }

    /// <summary>Goes on with a session.</summary>
    public static async Task<int> ResumeAsync(string root, SessionChoices choices, CliConsole console, CancellationToken cancellationToken)
    {
        var opened = FirstLine(root);
        RequireSamePlace(opened, choices, root);
        var isRehearsal = IsRehearsal(root);
        if (choices.Rehearse && !isRehearsal) throw new CliException("RC002", "--rehearse is for sessions with the rehearsal's people.", "the session stands where it stood.", $"runbook resume {SessionHost.Shown(root)}");
        var isReal = opened.Embedded is null || opened.Clock == SessionClock.Real;
        using var signals = new SessionSignals();

        // What is armed and unguarded is undone before anything is asked or begun.
        foreach (var fault in await new GuardRecovery(root, choices.Profile).RunAsync(cancellationToken).ConfigureAwait(false))
        {
            if (fault.State != FoundState.Guarded) console.Line(JsonFront.Notice(choices.Front, $"\"{fault.Fault}\" {(fault.State == FoundState.Lifted ? "was lifted by its guard" : "was armed without a guard, and is undone now")}; the session takes that over."));
        }

        IWorld world = choices.Profile is { } profile
            ? RealWorld.Open(profile)
            : await OpenWorldAsync(root, isReal, choices, cancellationToken).ConfigureAwait(false);
        await using (world.ConfigureAwait(false))
        {
            using var recovered = await JournalRecovery.OpenAsync(root, new JournalGround { Time = world.Clock.Time }, ProgramIdentity.OfThisProcess(), cancellationToken).ConfigureAwait(false);
            var keyring = isRehearsal ? (IKeyring)new RehearsalKeyring() : new FileKeyring(OwnKeys.OfThisUser(), RosterOf(recovered));
            if (recovered.IsClosed) return FinishSeal(recovered, keyring, choices.Front, console);
            if (recovered.Facts.TornBytes > 0) console.Line(JsonFront.Notice(choices.Front, $"The end of the journal was torn: {recovered.Facts.TornBytes} bytes were set aside in the session's directory."));
            var rehearsal = SessionCopies.Load(LocalDisk.Instance, recovered.Directory, recovered.Ledger, AzureActions.Catalogue).Document.Rehearsal;
            var people = isRehearsal ? new RehearsalPeople(rehearsal, SessionPaths.FilesOf(root), world.Clock.Time, RehearsalCrypto.Keys) : null;
            var guards = new GuardPost(root, world, choices.Grace, choices.Profile, choices.Speed);
            using var runner = await SessionOpener.ResumeAsync(recovered, AzureActions.Catalogue, SessionFactory.Ground(world, root, keyring, people, choices, guards), cancellationToken).ConfigureAwait(false);
            return await new SessionHost(runner, world, keyring, people, choices, guards).RunAsync(console, signals).ConfigureAwait(false);
        }
    }

    // A guard that began to act in between has the embedded Azure for the moment that it needs.
    private static async Task<EmbeddedWorld> OpenWorldAsync(string root, bool isReal, SessionChoices choices, CancellationToken cancellationToken)
    {
        for (var left = WorldTriesMax; ; left--)
        {
            try
            {
                return await EmbeddedWorld.StartAsync(root, null, null, isReal, choices.Speed, null, cancellationToken).ConfigureAwait(false);
            }
            catch (StateFileException taken) when (taken.Code == "RS202" && left > 0 && GuardRecovery.HasArmed(root))
            {
                await Task.Delay(WorldTryAgain, TimeProvider.System, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static SessionOpened FirstLine(string root)
    {
        if (!File.Exists(Path.Combine(root, SessionDirectory.JournalName))) throw new CliException("RC055", $"\"{SessionHost.Shown(root)}\" holds no session.", "nothing was done.", "name the directory of a session.");
        using var reader = JournalReader.Open(LocalDisk.Instance, Path.Combine(root, SessionDirectory.JournalName));
        return reader.Next()?.Entry.Body as SessionOpened ?? throw new CliException("RC056", "the session never began: its journal has no whole first line.", "nothing was ever sent in it.", $"runbook resume {SessionHost.Shown(root)} --clean    (removes it)");
    }

    private static void RequireSamePlace(SessionOpened opened, SessionChoices choices, string root)
    {
        if (opened.Embedded is null && choices.Profile is null)
        {
            throw new CliException("RC057", "the session is on a real Azure, and no profile was named.", "the session stands where it stood; nothing was sent.", $"runbook resume {SessionHost.Shown(root)} --azure PROFILE.yaml    (for subscription {opened.Azure!.Subscription}, resource group {opened.Azure.ResourceGroup})", ExitCodes.Refused);
        }

        if (opened.Embedded is not null && choices.Profile is not null)
        {
            throw new CliException("RC057", "the session is on the embedded Azure, and a profile was named.", "the session stands where it stood; nothing was sent.", $"runbook resume {SessionHost.Shown(root)}", ExitCodes.Refused);
        }

        if (choices.Profile is { } profile && RealWorld.PlaceOf(profile) != opened.Azure)
        {
            throw new CliException("RC057", "the profile names another Azure than the one that the session began on.", "the session stands where it stood; nothing was sent.", $"use the profile for subscription {opened.Azure!.Subscription}, resource group {opened.Azure.ResourceGroup}.", ExitCodes.Refused);
        }
    }

    private static bool IsRehearsal(string root)
    {
        var file = Path.Combine(root, SessionDirectory.RosterFile(1));
        var envelope = Path.Combine(root, SessionDirectory.RosterEnvelopeFile(1));

        // The process may have died before both files were there: then no people were bound yet.
        return !File.Exists(file) || !File.Exists(envelope) || (SignedRoster.TryRead(File.ReadAllBytes(file), File.ReadAllBytes(envelope), out var roster, out _) && roster!.Authority == Rehearsal.Authority.PublicKey.KeyId);
    }

    private static Roster RosterOf(RecoveredJournal recovered)
    {
        var bytes = File.ReadAllBytes(recovered.Directory.In(SessionDirectory.RosterFile(recovered.Ledger.Rosters.Count)));
        return Roster.TryRead(bytes, out var roster, out var flaw) ? roster! : throw new CliException("RC058", $"the session's roster can't be used: {flaw}", "the session stands where it stood.", $"runbook verify {SessionHost.Shown(recovered.Directory.Root)}", ExitCodes.VerificationFailed);
    }

    private static int FinishSeal(RecoveredJournal recovered, IKeyring keyring, FrontKind front, CliConsole console)
    {
        var missing = SessionSeal.Seal(LocalDisk.Instance, recovered.Directory, keyring);
        var shown = SessionHost.Shown(recovered.Directory.Root);
        console.Line(JsonFront.Notice(front, missing.Count == 0 ? $"The session is closed and sealed: runbook verify {shown}" : $"The session is closed. Still to sign: {string.Join(", ", missing)}, each with runbook approve {shown}"));
        return missing.Count == 0 ? ExitCodes.Done : ExitCodes.NeedsPerson;
    }

    private static int Clean(string root, CliConsole console)
    {
        JournalRecovery.RemoveNeverOpened(root, new JournalGround());
        EmbeddedWorld.RemoveUnused(root);
        console.Line($"removed {SessionHost.Shown(root)}");
        return ExitCodes.Done;
    }
}
