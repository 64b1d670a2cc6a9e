using Runbook.Language.Actions;

namespace Runbook.Language.Tests.Safety;

/// <summary>
/// A second opinion on the rules of safety, written apart from the checker: it knows the machine as data and language.md,
/// follows every session that can be, one step at a time, and asks of each state what the rules ask. Slow and plain.
/// </summary>
/// <remarks>
/// A state is a text: step, how a revert was entered, what cut a scope short, what is armed. Calls are followed where
/// <paramref name="called"/> knows them; the outer frames then stand behind the inner one in the text.
/// </remarks>
internal sealed class BruteForce(MachineDefinition root, ActionCatalogue catalogue, Func<string, MachineDefinition?> called)
{
    private const string Stuck = "!stuck";

    private readonly Dictionary<string, int> _numbers = [];
    private readonly List<World> _worlds = [];
    private readonly List<List<Move>> _moves = [];
    private readonly Dictionary<(MachineDefinition, string), bool> _onlyBad = [];

    /// <summary>One runbook in the middle of a session.</summary>
    private sealed record Frame(MachineDefinition Machine, string Path, string At, string Entered, string Cut, string Came);

    /// <summary>A session's state: the innermost runbook first; or an end.</summary>
    private sealed record World(List<Frame> Frames, SortedSet<string> Armed, string End)
    {
        public string Key { get; } = string.Join('|', Frames.Select(f => $"{f.Path}{f.At}:{f.Entered}:{f.Cut}:{f.Came}")) + "#" + string.Join(',', Armed) + "#" + End;

        public Frame? Top => Frames.Count > 0 ? Frames[0] : null;

        public MachineState? State => Top?.Machine.State(Top.At);

        public StepBlock? Block => State?.Step.Block;

        /// <summary>Name of the fault or lease that the current step opens, or reverts.</summary>
        public string? Opens => Block is StepBlock.Fault or StepBlock.Lease ? Top!.Path + Top.At : null;

        public string? Reverts => Block is StepBlock.Revert r ? Top!.Path + r.Of : null;
    }

    private sealed record Move(string Trigger, bool ByGuard, int To);

    /// <summary>The codes of the rules that the machine breaks.</summary>
    public SortedSet<string> Codes()
    {
        Explore();
        var codes = new SortedSet<string>(StringComparer.Ordinal);
        var openings = Openings().ToList();
        if (openings.Exists(MissesItsRevert) || openings.Exists(o => AbortsInCircles(o.Name))) codes.Add("RB401");
        if (IsArmedTwice()) codes.Add("RB410");
        if (DependsOnWhatIsBroken(openings)) codes.Add("RB409");
        foreach (var state in root.States) AddDebts(state, codes);
        return codes;
    }

    /// <summary>How many states there are.</summary>
    public int Count => _worlds.Count;

    // ---- what can happen -------------------------------------------------------------------------------------------

    private void Explore()
    {
        Number(new World([new Frame(root, "", root.States[0].Slug, "", "", "")], [], ""));
        for (var i = 0; i < _worlds.Count; i++)
        {
            _moves.Add([]);
            if (_worlds[i].End == "") _moves[i].AddRange(MovesOf(_worlds[i]));
        }
    }

    private int Number(World world)
    {
        if (_numbers.TryGetValue(world.Key, out var number)) return number;
        _worlds.Add(world);
        return _numbers[world.Key] = _worlds.Count - 1;
    }

    private IEnumerable<Move> MovesOf(World world)
    {
        var follows = world.Block is StepBlock.Call call && called(call.File) is not null;
        foreach (var trigger in TriggersOf(world, follows))
        {
            foreach (var armed in ArmedBehind(world, trigger))
            {
                yield return new Move(trigger, false, Number(Behind(world, trigger, armed)));
            }
        }

        if (follows && world.Top!.Came == "") yield return new Move("start", false, Number(Started(world)));
        foreach (var lifted in world.Armed.ToList())
        {
            if (world.Top!.Came is "failed" or "aborted") continue;
            foreach (var next in Guarded(world, lifted)) yield return new Move("abort", true, Number(next));
        }
    }

    private static IEnumerable<string> TriggersOf(World world, bool follows)
    {
        if (world.Block is StepBlock.Revert)
        {
            if (world.Armed.Contains(world.Reverts!)) yield return "timeout";
            yield return world.Top!.Entered == "" ? "success" : world.Top.Entered;
            yield break;
        }

        var state = world.State!;
        var positive = state.Transitions.Where(t => t.Trigger is TriggerKind.When or TriggerKind.Choose).Select(t => t.TriggerName)
            .Concat(state.Transitions.Any(t => t.Trigger == TriggerKind.Choose) ? [] : ["success"]).ToList();
        if (follows)
        {
            foreach (var trigger in world.Top!.Came switch
            {
                "" => ["abort"],
                "completed" => [.. positive, "abort", .. ((StepBlock.Call)world.Block!).Save.IsEmpty ? [] : new[] { "failure" }],
                "failed" => ["failure"],
                _ => new[] { "abort" },
            }) yield return trigger;
            yield break;
        }

        foreach (var trigger in positive.Concat(Adverse(world.Block))) yield return trigger;
    }

    private static string[] Adverse(StepBlock? block) => block switch
    {
        StepBlock.Action b => b.Timeout is null ? ["failure", "abort"] : ["failure", "timeout", "abort"],
        StepBlock.Fault b => b.Timeout is null ? ["failure", "abort"] : ["failure", "timeout", "abort"],
        StepBlock.Lease b => b.Timeout is null ? ["failure", "abort"] : ["failure", "timeout", "abort"],
        StepBlock.Ask b => b.Within is null ? ["failure", "abort"] : ["failure", "timeout", "abort"],
        StepBlock.Probe => ["timeout", "abort"],
        StepBlock.Check or StepBlock.Call => ["failure", "abort"],
        StepBlock.Approval => ["timeout", "rejection", "abort"],
        _ => ["abort"],
    };

    /// <summary>What can be armed behind a trigger: a call that went wrong may have taken effect, or never been sent.</summary>
    private static IEnumerable<SortedSet<string>> ArmedBehind(World world, string trigger)
    {
        if (world.Reverts is { } reverted && trigger != "timeout") return [[.. world.Armed.Where(a => a != reverted)]];
        if (world.Opens is not { } opened || world.Armed.Contains(opened)) return [world.Armed];
        return IsBad(trigger) ? [world.Armed, [.. world.Armed, opened]] : [[.. world.Armed, opened]];
    }

    private static bool IsBad(string trigger) => trigger is "failure" or "timeout" or "rejection" or "abort";

    private World Behind(World world, string trigger, SortedSet<string> armed)
    {
        var top = world.Top!;
        var edge = world.State!.Transitions.FirstOrDefault(t => t.TriggerName == trigger);
        if (edge is null) return new World([], armed, Stuck);
        var cut = top.Cut == "" && Cuts(world, trigger, edge.Target) ? (trigger == "abort" ? "abort" : "failure") : top.Cut;
        if (edge.Target is "completed" or "failed" or "aborted") return Ended(world, cut switch { "failure" => "failed", "abort" => "aborted", _ => edge.Target }, armed);
        var entered = "";
        if (top.Machine.State(edge.Target)!.Step.Block is StepBlock.Revert)
        {
            if (edge.Target == top.At) entered = top.Entered;
            else if (trigger == "abort") entered = "abort";
            else if (IsBad(trigger)) entered = "failure";
            else if (OnlyPastCuts(top.Machine, top.At, edge.Target)) entered = cut;
        }

        return new World([top with { At = edge.Target, Entered = entered, Cut = cut, Came = "" }, .. world.Frames.Skip(1)], armed, "");
    }

    private static World Ended(World world, string end, SortedSet<string> armed) => world.Frames.Count == 1
        ? new World([], armed, end)
        : new World([world.Frames[1] with { Came = end }, .. world.Frames.Skip(2)], armed, "");

    /// <summary>
    /// A scope is cut short by anything adverse that leaves it, comes to its revert, or comes to a step that nothing else
    /// leads to.
    /// </summary>
    private bool Cuts(World world, string trigger, string target)
    {
        var top = world.Top!;
        if (!IsBad(trigger) || world.Block is StepBlock.Revert) return false;
        var scope = Around(top.Machine, top.At).OrderBy(s => s.Steps.Length).FirstOrDefault();
        if (scope is null) return false;
        return !scope.Steps.Contains(target) || target == scope.Revert || OnlyBadLeadsTo(top.Machine, target);
    }

    /// <summary>Whether a step of the scope that a revert ends is met on no way into the scope that has not been cut.</summary>
    private bool OnlyPastCuts(MachineDefinition machine, string at, string revert)
    {
        var scope = machine.Scopes.First(s => s.Revert == revert);
        if (!scope.Steps.Contains(at)) return false;
        var met = machine.States.Where(s => !scope.Steps.Contains(s.Slug)).SelectMany(s => s.Transitions).Select(t => t.Target).Append(scope.Opening).Intersect(scope.Steps).ToHashSet();
        for (var before = 0; before != met.Count;)
        {
            before = met.Count;
            foreach (var state in machine.States.Where(s => met.Contains(s.Slug)).ToList())
            {
                var inner = Around(machine, state.Slug).OrderBy(s => s.Steps.Length).First();
                foreach (var edge in state.Transitions.Where(t => scope.Steps.Contains(t.Target)))
                {
                    var cuts = IsBad(edge.TriggerName) && state.Step.Block is not StepBlock.Revert && (!inner.Steps.Contains(edge.Target) || edge.Target == inner.Revert || OnlyBadLeadsTo(machine, edge.Target));
                    if (!cuts) met.Add(edge.Target);
                }
            }
        }

        return !met.Contains(at);
    }

    private bool OnlyBadLeadsTo(MachineDefinition machine, string target)
    {
        if (_onlyBad.TryGetValue((machine, target), out var known)) return known;
        var into = machine.States.SelectMany(s => s.Transitions).Where(t => t.Target == target).ToList();
        return _onlyBad[(machine, target)] = target != machine.States[0].Slug && into.All(t => IsBad(t.TriggerName));
    }

    private static IEnumerable<FaultScope> Around(MachineDefinition machine, string slug) => machine.Scopes.Where(s => s.Steps.Contains(slug));

    private World Started(World world)
    {
        var machine = called(((StepBlock.Call)world.Block!).File)!;
        var path = world.Top!.Path + world.Top.At + "/";
        return new World([new Frame(machine, path, machine.States[0].Slug, "", "", ""), .. world.Frames], world.Armed, "");
    }

    /// <summary>The guard lifts one: in its scope the abort fires, but not at a revert; elsewhere nothing else happens.</summary>
    private IEnumerable<World> Guarded(World world, string lifted)
    {
        SortedSet<string> rest = [.. world.Armed.Where(a => a != lifted)];
        var owner = world.Frames.FindIndex(f => Around(f.Machine, f.At).Any(s => f.Path + s.Opening == lifted));
        var cut = new World([.. world.Frames.Select((f, i) => i == owner && f.Cut == "" ? f with { Cut = "abort" } : f)], rest, "");
        if (owner < 0 || world.Reverts == lifted) return [new World(world.Frames, rest, "")];
        return world.Block is StepBlock.Revert ? [cut] : ArmedBehind(cut, "abort").Select(armed => Behind(cut, "abort", armed));
    }

    // ---- what may not be -------------------------------------------------------------------------------------------

    private IEnumerable<(string Name, MachineDefinition Machine, FaultScope Scope)> Openings() => _worlds
        .SelectMany(w => w.Frames)
        .Select(f => (f.Path, f.Machine))
        .Distinct()
        .SelectMany(f => f.Machine.Scopes.Select(s => (f.Path + s.Opening, f.Machine, s)));

    /// <summary>From some state in which it is armed no way leads to its revert.</summary>
    private bool MissesItsRevert((string Name, MachineDefinition Machine, FaultScope Scope) opening)
    {
        var reaches = _worlds.Select(w => w.Reverts == opening.Name).ToArray();
        for (var changed = true; changed;)
        {
            changed = false;
            for (var i = reaches.Length - 1; i >= 0; i--)
            {
                if (reaches[i] || !_moves[i].Exists(m => !m.ByGuard && reaches[m.To])) continue;
                reaches[i] = changed = true;
            }
        }

        return Enumerable.Range(0, reaches.Length).Any(i => !reaches[i] && _worlds[i].Armed.Contains(opening.Name));
    }

    /// <summary>Aborting again and again comes back to where it was, the fault armed all the time.</summary>
    private bool AbortsInCircles(string name)
    {
        var marks = new int[_worlds.Count];
        return Enumerable.Range(0, marks.Length).Any(i => marks[i] == 0 && ComesBack(i));

        bool ComesBack(int at)
        {
            var world = _worlds[at];
            if (!world.Armed.Contains(name) || world.Reverts == name) return false;
            marks[at] = 1;
            foreach (var move in _moves[at].Where(m => !m.ByGuard && (m.Trigger == "abort" || world.Top!.Came == "failed" || (world.Block is StepBlock.Revert && m.Trigger != "timeout"))))
            {
                if (marks[move.To] == 1 || (marks[move.To] == 0 && ComesBack(move.To))) return true;
            }

            marks[at] = 2;
            return false;
        }
    }

    private bool IsArmedTwice() => _worlds.Exists(w => w.Opens is { } opened && w.Armed.Contains(opened));

    private bool DependsOnWhatIsBroken(List<(string Name, MachineDefinition Machine, FaultScope Scope)> openings)
    {
        foreach (var undone in openings)
        {
            foreach (var broken in openings.Where(b => Clash(Needs(undone.Machine, undone.Scope), Breaks(b.Machine, b.Scope))))
            {
                if (_worlds.Exists(w => w.Reverts == undone.Name && w.Armed.Contains(undone.Name) && w.Armed.Contains(broken.Name))) return true;
            }
        }

        return false;
    }

    private List<(ActionReliance What, ActionUse Use)> Needs(MachineDefinition machine, FaultScope scope)
    {
        var (use, undo) = UseOf(machine, scope);
        if (!undo.IsEmpty) return [.. undo.SelectMany(u => catalogue.Find(u.Name)!.Needs.Select(n => (n, u)))];
        return [.. catalogue.Find(catalogue.Find(use.Name)!.Inverse!.Action)!.Needs.Select(n => (n, use))];
    }

    private List<(ActionReliance What, ActionUse Use)> Breaks(MachineDefinition machine, FaultScope scope) =>
        [.. catalogue.Find(UseOf(machine, scope).Use.Name)!.Breaks.Select(b => (b, UseOf(machine, scope).Use))];

    private static (ActionUse Use, System.Collections.Immutable.ImmutableArray<ActionUse> Undo) UseOf(MachineDefinition machine, FaultScope scope) =>
        machine.State(scope.Opening)!.Step.Block switch
        {
            StepBlock.Fault f => (f.Use, f.Undo),
            StepBlock.Lease l => (l.Use, l.Undo),
            _ => throw new InvalidOperationException(),
        };

    private static bool Clash(List<(ActionReliance What, ActionUse Use)> needs, List<(ActionReliance What, ActionUse Use)> breaks)
    {
        foreach (var (need, needing) in needs)
        {
            foreach (var (broken, breaking) in breaks.Where(b => b.What.Thing == need.Thing))
            {
                var (left, right) = (Text(need, needing), Text(broken, breaking));
                if (left is null || right is null || left == right) return true;
                if (need.Member is not null && broken.Member is not null && need.Member != broken.Member) return true;
            }
        }

        return false;

        static string? Text(ActionReliance what, ActionUse use) =>
            what.Text ?? (what.Member is { } member ? use.With.Member(member)?.Fill(_ => null).ToString() : null);
    }

    // ---- what is owed ----------------------------------------------------------------------------------------------

    private void AddDebts(MachineState state, SortedSet<string> codes)
    {
        var uses = state.Step.Block switch
        {
            StepBlock.Action b => [b.Use],
            StepBlock.Fault b => [b.Use, .. b.Undo],
            StepBlock.Lease b => [b.Use, .. b.Undo],
            _ => System.Collections.Immutable.ImmutableArray<ActionUse>.Empty,
        };
        if (uses.Any(u => catalogue.Find(u.Name)?.Effect == EffectClass.Destructive) && IsReachedUnapproved(state.Slug, a => a.Role != "operator"))
        {
            codes.Add(root.States.Any(s => s.Step.Block is StepBlock.Approval { Role: "operator" } a && Over(a, state.Slug)) ? "RB503" : "RB403");
        }

        if (state.Step.Block is not StepBlock.Fault fault) return;
        if (root.Document.Environments.Contains("production") && IsReachedUnapproved(state.Slug, a => (a.Quorum ?? root.Document.Role(a.Role)!.Quorum) >= 2)) codes.Add("RB602");
        foreach (var probe in fault.SteadyState)
        {
            if (Meets(true, (world, move, owed) => IsAt(world, probe) && Leaves(world, move) ? move.ByGuard || IsBad(move.Trigger) : owed, world => IsAt(world, state.Slug))) codes.Add("RB407");
            if (CompletesUnprobed(state.Slug, probe)) codes.Add("RB408");
        }
    }

    private bool IsReachedUnapproved(string slug, Func<StepBlock.Approval, bool> counts) => Meets(
        true,
        (world, move, owed) =>
        {
            if (IsAt(world, slug) && Leaves(world, move)) return true;
            return world.Block is StepBlock.Approval a && world.Frames.Count == 1 && counts(a) && Over(a, slug) && move is { Trigger: "success", ByGuard: false } ? false : owed;
        },
        world => IsAt(world, slug));

    private static bool Over(StepBlock.Approval approval, string slug) => approval.Over.Any(o => o.ToString() == "plan" || o.ToString() == "step:" + slug);

    private bool CompletesUnprobed(string fault, string probe)
    {
        var expected = ((StepBlock.Probe)root.State(probe)!.Step.Block!).Expect?.Expression.Text;
        return Meets(
            false,
            (world, move, owed) =>
            {
                if (_worlds[move.To].Armed.Contains(fault)) return true;
                var again = world.Frames.Count == 1 && world.Block is StepBlock.Probe p && (world.Top!.At == probe || p.SameAs == probe) && p.Expect?.Expression.Text == expected;
                return owed && !(again && !world.Armed.Contains(fault) && !move.ByGuard && !IsBad(move.Trigger));
            },
            world => world.End == "completed" && !world.Armed.Contains(fault));
    }

    private static bool IsAt(World world, string slug) => world.Frames.Count == 1 && world.Top!.At == slug;

    private bool Leaves(World world, Move move) => !move.ByGuard || _worlds[move.To].Top?.At != world.Top!.At;

    /// <summary>Whether a state can be met in which something is owed and may not be; both answers to "is it owed" are kept for each state.</summary>
    private bool Meets(bool owedAtStart, Func<World, Move, bool, bool> behind, Predicate<World> mayNot)
    {
        var seen = new HashSet<(int, bool)> { (0, owedAtStart) };
        var waiting = new Stack<(int At, bool Owed)>(seen);
        while (waiting.TryPop(out var at))
        {
            if (at.Owed && mayNot(_worlds[at.At])) return true;
            foreach (var move in _moves[at.At])
            {
                var next = (move.To, behind(_worlds[at.At], move, at.Owed));
                if (seen.Add(next)) waiting.Push(next);
            }
        }

        return false;
    }
}
