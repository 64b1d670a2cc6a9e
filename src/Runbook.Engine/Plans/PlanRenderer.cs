using System.Collections.Immutable;
using System.Text.Json;
using Runbook.Engine.Actions;
using Runbook.Journal;
using Runbook.Language;
using Runbook.Language.Actions;

namespace Runbook.Engine;

/// <summary>A rendered plan: what approvers sign the digest of.</summary>
/// <param name="Json">The plan in canonical form.</param>
public sealed record RenderedPlan(CanonicalJson Json)
{
    /// <summary>What is signed.</summary>
    public Digest Digest => Json.Digest;

    /// <summary>The steps of the plan.</summary>
    public IEnumerable<JsonElement> Steps => Json.ToElement().TryGetProperty("steps", out var steps) ? steps.EnumerateArray() : [];
}

/// <summary>
/// Renders the calls to come, as far as they are known: for each step the action, its arguments, each request with its
/// digest, the permissions and the way back. Pure; the same view gives the same bytes.
/// </summary>
public sealed class PlanRenderer(ActionSet actions)
{
    private IReadOnlyDictionary<string, CanonicalJson>? _radii;

    /// <summary>The plan of everything that a session may do, before it begins.</summary>
    /// <param name="program">The runbook.</param>
    /// <param name="variables">Its inputs.</param>
    public RenderedPlan Whole(SessionProgram program, Variables variables)
    {
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(variables);
        return Whole(Steps(program, variables));
    }

    /// <summary>The same from steps that are planned already.</summary>
    /// <param name="steps">All steps of the session: <see cref="Steps"/>.</param>
    public RenderedPlan Whole(IEnumerable<PlannedStep> steps)
    {
        ArgumentNullException.ThrowIfNull(steps);
        return Render("plan", writer => WriteSteps(steps, writer));
    }

    /// <summary>What an approval is over, at the step that asks for it.</summary>
    /// <param name="view">A view that stands in an approval step.</param>
    /// <param name="radii">The blast radii of the faults to come, by step, as they were found and kept.</param>
    public RenderedPlan ForApproval(SessionView view, IReadOnlyDictionary<string, CanonicalJson>? radii = null)
    {
        ArgumentNullException.ThrowIfNull(view);
        var frame = view.Frame!;
        var approval = (StepBlock.Approval)view.Current!.Step.Block!;
        return Render(string.Join(' ', approval.Over.Select(o => o.ToString())), writer =>
        {
            var covered = Covered(frame, approval).ToList();
            if (covered.Count > 0) new PlanRenderer(actions) { _radii = radii }.WriteSteps(StepsOf(view.Program!, frame.RunbookPath, frame.Prefix, frame.Variables, covered), writer);
            WriteResults(view, frame, approval, writer);
            if (approval.Over.Any(o => o.Kind == ApprovalSubjectKind.Close)) WriteClose(view, writer);
        });
    }

    /// <summary>The steps of a frame that an approval covers, in the order of the file.</summary>
    public static IEnumerable<string> Covered(SessionFrame frame, StepBlock.Approval approval)
    {
        ArgumentNullException.ThrowIfNull(frame);
        ArgumentNullException.ThrowIfNull(approval);
        var machine = frame.Machine;
        if (approval.Over.Any(o => o.Kind == ApprovalSubjectKind.Plan))
        {
            var from = machine.States.First(s => ReferenceEquals(s.Step.Block, approval) || Equals(s.Step.Block, approval)).Slug;
            var reachable = Reachable(machine, from);
            return machine.States.Select(s => s.Slug).Where(reachable.Contains);
        }

        var named = approval.Over.Where(o => o.Kind == ApprovalSubjectKind.Step).Select(o => o.Step!).ToHashSet(StringComparer.Ordinal);
        return machine.States.Select(s => s.Slug).Where(named.Contains);
    }

    /// <summary>The steps that can be reached from one, itself only if it can be entered again.</summary>
    public static IReadOnlySet<string> Reachable(MachineDefinition machine, string from)
    {
        ArgumentNullException.ThrowIfNull(machine);
        var reached = new HashSet<string>(StringComparer.Ordinal);
        var queue = new Queue<string>([from]);
        while (queue.TryDequeue(out var slug))
        {
            foreach (var edge in machine.State(slug)?.Transitions ?? [])
            {
                if (reached.Add(edge.Target)) queue.Enqueue(edge.Target);
            }
        }

        return reached;
    }

    /// <summary>The arguments of a step's action, filled in as far as its variables are known; <see langword="null"/> where it has none.</summary>
    public static (ActionUse Use, JsonElement With)? Arguments(StepBlock? block, Variables variables)
    {
        ArgumentNullException.ThrowIfNull(variables);
        var use = block switch
        {
            StepBlock.Action b => b.Use,
            StepBlock.Probe b => b.Use,
            StepBlock.Lease b => b.Use,
            StepBlock.Fault b => b.Use,
            _ => null,
        };
        return use is null ? null : (use, use.With.Fill(variables.Find));
    }

    private static RenderedPlan Render(string over, Action<Utf8JsonWriter> body)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteString("format", "runbook-plan/1");
            writer.WriteString("over", over);
            body(writer);
            writer.WriteEndObject();
        }

        return new RenderedPlan(CanonicalJson.Of(JsonElement.Parse(stream.ToArray())));
    }

    /// <summary>Every step of a program that has an action, in the order of the files; what a runbook calls stands in the place of the call.</summary>
    /// <param name="program">The runbook.</param>
    /// <param name="variables">Its inputs.</param>
    public IEnumerable<PlannedStep> Steps(SessionProgram program, Variables variables)
    {
        ArgumentNullException.ThrowIfNull(program);
        return StepsOf(program, program.RootPath, "", variables, program.Root.States.Select(s => s.Slug));
    }

    private void WriteSteps(IEnumerable<PlannedStep> steps, Utf8JsonWriter writer)
    {
        writer.WriteStartArray("steps");
        foreach (var step in steps) WriteStep(step, writer);
        writer.WriteEndArray();
    }

    private IEnumerable<PlannedStep> StepsOf(SessionProgram program, string path, string prefix, Variables variables, IEnumerable<string> slugs)
    {
        var machine = program.Machine(path);
        var detours = Detours.Of(machine);
        foreach (var slug in slugs)
        {
            if (machine.State(slug) is not { } state) continue;
            var mayBeAvoided = detours.Contains(slug);
            if (state.Step.Block is StepBlock.Call call)
            {
                var child = SessionProgram.Called(path, call);
                var steps = StepsOf(program, child, $"{prefix}{slug}/", ChildVariables(program.Machine(child), call, variables), program.Machine(child).States.Select(s => s.Slug));
                foreach (var step in steps) yield return mayBeAvoided ? step with { MayBeAvoided = true } : step;
            }
            else if (Arguments(state.Step.Block, variables) is { } arguments)
            {
                var action = actions.Get(arguments.Use.Name);
                yield return new PlannedStep { Path = prefix + slug, Step = state.Step, Descriptor = action.Descriptor, With = arguments.With, Calls = action.Plan(arguments.With), MayBeAvoided = mayBeAvoided };
            }
        }
    }

    private static Variables ChildVariables(MachineDefinition machine, StepBlock.Call call, Variables variables)
    {
        var given = call.With.Fill(variables.Find);
        var named = variables with { Named = Variables.Empty.Named };
        foreach (var input in machine.Document.Inputs)
        {
            if (given.TryGetProperty(input.Name, out var value)) named = named.With(input.Name, Variable.Of(value));
            else if (input.Schema.Default is { } preset) named = named.With(input.Name, Variable.Of(preset));
        }

        return named;
    }

    private void WriteStep(PlannedStep planned, Utf8JsonWriter writer)
    {
        var descriptor = planned.Descriptor;
        writer.WriteStartObject();
        writer.WriteString("step", planned.Path);
        writer.WriteString("title", planned.Step.Title);
        writer.WriteString("block", planned.Step.Block!.Kind);
        writer.WriteString("use", descriptor.Name);
        writer.WriteString("class", descriptor.Effect.Name());
        writer.WritePropertyName("with");
        planned.With.WriteTo(writer);
        writer.WriteStartArray("calls");
        foreach (var call in planned.Calls) WriteCall(call, writer);
        writer.WriteEndArray();
        if (descriptor.Inverse is { } inverse) writer.WriteString("inverse", inverse.Action);
        if (planned.Step.Block is StepBlock.Lease lease) writer.WriteString("limit", lease.Limit.ToString());
        if (planned.Step.Block is StepBlock.Fault fault) WriteFault(planned.Path, fault, writer);
        writer.WriteStartArray("permissions");
        foreach (var permission in descriptor.Permissions)
        {
            writer.WriteStartObject();
            writer.WriteString("plane", permission.Plane == PermissionPlane.ResourceManager ? "resource-manager" : "data-plane");
            writer.WriteString("operation", permission.Operation);
            writer.WriteString("scope", permission.Scope);
            writer.WriteString("role", permission.Role);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private void WriteFault(string path, StepBlock.Fault fault, Utf8JsonWriter writer)
    {
        writer.WriteString("limit", fault.Limit.ToString());
        writer.WriteStartArray("steadyState");
        foreach (var slug in fault.SteadyState) writer.WriteStringValue(slug);
        writer.WriteEndArray();
        writer.WriteStartArray("unharmed");
        foreach (var slug in fault.Unharmed) writer.WriteStringValue(slug);
        writer.WriteEndArray();
        if (_radii?.GetValueOrDefault(path) is not { } radius) return;
        writer.WritePropertyName("blastRadius");
        // The plan makes it inert again; twice would be another text than the one that was found.
        JournalValue.FromJournal(radius).WriteTo(writer);
    }

    private static void WriteCall(PlannedCall call, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("what", call.Description);
        writer.WriteString("class", call.Effect.Name());
        writer.WriteString("target", call.Target);
        writer.WriteString("method", call.Method);
        writer.WriteString("url", RequestDescription.CleanUrl(call.Url));
        if (!call.Headers.IsEmpty)
        {
            writer.WriteStartObject("headers");
            foreach (var (name, value) in call.Headers) writer.WriteString(name, value);
            writer.WriteEndObject();
        }

        if (call.Body is { } body)
        {
            writer.WritePropertyName("body");
            body.WriteTo(writer);
        }

        writer.WriteString("digest", CallRendering.Describe(call).Digest.ToString());
        writer.WriteEndObject();
    }

    private static void WriteResults(SessionView view, SessionFrame frame, StepBlock.Approval approval, Utf8JsonWriter writer)
    {
        var results = approval.Over.Where(o => o.Kind == ApprovalSubjectKind.Result).ToImmutableArray();
        if (results.IsEmpty) return;
        writer.WriteStartArray("results");
        foreach (var subject in results)
        {
            var path = frame.Prefix + subject.Step;
            writer.WriteStartObject();
            writer.WriteString("step", path);
            writer.WritePropertyName("result");
            (view.Results.TryGetValue(path, out var outcome) ? outcome.Result : BlockEvaluation.EmptyObject).WriteTo(writer);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteClose(SessionView view, Utf8JsonWriter writer)
    {
        writer.WriteStartObject("close");
        writer.WriteNumber("entries", view.Head.Seq);
        writer.WriteString("head", view.Head.Hash.Hex);
        writer.WriteEndObject();
    }
}
