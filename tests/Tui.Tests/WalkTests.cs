using Runbook.Engine;
using Runbook.Journal;
using Runbook.Tui.Sample;
using Terminal.Gui.Input;

namespace Runbook.Tui.Tests;

/// <summary>A newcomer walks a whole ceremony to its end, by keys alone.</summary>
public sealed class WalkTests
{
    [Theory]
    [InlineData(80, 24)]
    [InlineData(120, 40)]
    public async Task One_person_walks_a_ceremony_to_its_end_by_keys_alone(int cols, int rows)
    {
        await using var driven = await Driven.OpenAsync(cols: cols, rows: rows);
        await driven.BegunAsync();

        await Walk.ToTheEndAsync(driven);

        Assert.Contains("[x] COMPLETED", driven.Text, StringComparison.Ordinal);
        Assert.Contains("The HSM kv-hsm-prod is there, with one key and no role lent.", driven.Text, StringComparison.Ordinal);
        Assert.Equal(["create kv-hsm-prod", "grant crypto-user", "key cmk-storage", "revoke crypto-user"], driven.World.Effects);
        var result = Assert.IsType<SessionResult>(driven.Link.Result);
        Assert.Equal(SessionEnd.Completed, result.View.End);
        Assert.Empty(result.MissingSignatures);
    }

    [Fact]
    public async Task The_root_on_the_last_page_is_the_one_that_the_verifier_computes()
    {
        await using var driven = await Driven.OpenAsync(SampleRunbooks.Of("## Look\n\n- [ ] It is there."));
        await driven.BegunAsync();

        await Walk.ToTheEndAsync(driven);

        var shown = driven.Console.Scene.Snapshot;
        foreach (var row in PaperWords.Groups(shown.Root).Chunk(8)) Assert.Contains(string.Join(' ', row), driven.Text, StringComparison.Ordinal);
        var report = JournalVerifier.Verify(LocalDisk.Instance, driven.Session.Directory, new VerifyOptions { Machine = new MachineReplay(driven.World.Actions.Catalogue), ExpectRoot = shown.Root });
        Assert.True(report.ExitCode == 0, report.ToString());
        Assert.Equal(shown.Size, driven.Link.Result!.View.Head.Seq);
    }

    [Fact]
    public async Task A_page_that_is_closed_late_does_not_take_the_last_page_with_it()
    {
        await using var driven = await Driven.OpenAsync(SampleRunbooks.Of("## Look\n\n- [ ] It is there."));
        await driven.BegunAsync();
        await driven.UntilAsync(() => driven.Console.Scene.Turn.Need is SessionNeed.Ticks, "somebody is asked");
        await driven.PressAsync(Key.Space);
        await driven.UntilAsync(() => driven.Console.Scene.Turn.Need is SessionNeed.Operator, "the operator is asked");

        driven.Console.Tell(new SessionCommand.GoOn());
        var page = HelpPage.For(driven.Console.Shell, driven.Console.Shell.Top);
        driven.Console.Shell.Open(page);
        await driven.SeesAsync("ATTENDANCE SHEET");
        driven.Console.Shell.Close(page);

        await driven.SeesAsync("ATTENDANCE SHEET");
    }

    [Fact]
    public async Task Each_key_that_is_needed_stands_in_the_footer_when_it_is_needed()
    {
        await using var driven = await Driven.OpenAsync();
        await driven.BegunAsync();

        await Walk.ToTheEndAsync(driven, key => Assert.StartsWith($"{Keys.From(key)} ", driven.Screen.Draw().Lines()[^1], StringComparison.Ordinal));
    }

    /// <summary>Presses what the screen asks for, until the session is closed.</summary>
    private static class Walk
    {
        private const int KeysMax = 200;

        public static async Task ToTheEndAsync(Driven driven, Action<Key>? before = null)
        {
            for (var keys = 0; keys < KeysMax; keys++)
            {
                await driven.UntilAsync(() => driven.Link.Stand != RunStand.Runs || driven.Console.Scene.Turn.Person is not null, "somebody is asked, or it is over");
                if (driven.Link.Stand != RunStand.Runs)
                {
                    await driven.SeesAsync("ATTENDANCE SHEET");
                    return;
                }

                await StepAsync(driven, before);
            }

            Assert.Fail($"After {KeysMax} keys there is no end.\n{driven.Text}");
        }

        private static async Task StepAsync(Driven driven, Action<Key>? before)
        {
            var (need, size) = (driven.Console.Scene.Turn.Need, driven.Console.Scene.Snapshot.Size);
            switch (need)
            {
                case SessionNeed.Ticks:
                    before?.Invoke(Key.Space);
                    await driven.PressAsync(Key.Space);
                    break;
                case SessionNeed.Approvals:
                    before?.Invoke(Key.A);
                    await driven.PressAsync(Key.A);
                    await driven.SeesAsync("Enter signs as");
                    await driven.PressAsync(Key.Enter);
                    break;
                case SessionNeed.Answers:
                    before?.Invoke(Key.E);
                    await driven.PressAsync(Key.E);
                    driven.Screen.Type("word");
                    await driven.PressAsync(Key.Enter, Key.Enter);
                    break;
                case SessionNeed.Choice:
                    await driven.PressAsync(Key.D1);
                    before?.Invoke(Key.Enter);
                    await driven.PressAsync(Key.Enter);
                    break;
                case SessionNeed.Operator:
                    before?.Invoke(Key.Enter);
                    await driven.PressAsync(Key.Enter);
                    break;
                default:
                    Assert.Fail($"Nobody knows what to press for {need}.\n{driven.Text}");
                    break;
            }

            // The next key answers what is asked then, not what was asked before this one was taken.
            await driven.UntilAsync(() => driven.Link.Stand != RunStand.Runs || driven.Console.Scene.Snapshot.Size > size, "what was pressed stands in the journal");
        }
    }
}
