using System.Collections.Immutable;

namespace Runbook.Language;

/// <summary>One rule of the checker.</summary>
/// <param name="Code">Stable code; it never changes meaning and is never used again for something else.</param>
/// <param name="Severity">Whether breaking it keeps a runbook from running.</param>
/// <param name="Title">What the rule demands, as a sentence.</param>
public sealed record Rule(string Code, DiagnosticSeverity Severity, string Title);

/// <summary>
/// The rules of the checker. <c>RB1xx</c> the file, <c>RB2xx</c> links, <c>RB3xx</c> data, <c>RB4xx</c> safety,
/// <c>RB5xx</c> people, <c>RB6xx</c> environments, <c>RB7xx</c> advice. Each has a paragraph in <c>docs/errors.md</c>.
/// </summary>
public static class Rules
{
    private static readonly List<Rule> Registered = [];

    // The file.

    /// <summary>RB101.</summary>
    public static Rule NotUtf8 { get; } = Error("RB101", "The file is UTF-8.");

    /// <summary>RB102.</summary>
    public static Rule TooLarge { get; } = Error("RB102", "The file has at most 1 MiB.");

    /// <summary>RB103.</summary>
    public static Rule DeceptiveCharacter { get; } = Error("RB103", "There is no control or bidirectional formatting character outside code.");

    /// <summary>RB104.</summary>
    public static Rule FrontMatterMissing { get; } = Error("RB104", "The file begins with front matter between two lines of three hyphens.");

    /// <summary>RB105.</summary>
    public static Rule YamlUnreadable { get; } = Error("RB105", "Front matter and blocks are readable YAML.");

    /// <summary>RB106.</summary>
    public static Rule YamlFeature { get; } = Error("RB106", "YAML has no tags, anchors, aliases, merge keys, duplicate keys or second documents.");

    /// <summary>RB107.</summary>
    public static Rule YamlLimit { get; } = Error("RB107", "YAML nests at most 16 deep and holds at most 10,000 nodes.");

    /// <summary>RB108.</summary>
    public static Rule FrontMatterMember { get; } = Error("RB108", "Front matter has the members that the language knows, with values of the right shape.");

    /// <summary>RB109.</summary>
    public static Rule IdMismatch { get; } = Error("RB109", "The runbook's id is its file's name without .md: lower-case letters, digits and hyphens.");

    /// <summary>RB110.</summary>
    public static Rule OneTitle { get; } = Error("RB110", "There is exactly one heading of the first level, before the first step.");

    /// <summary>RB111.</summary>
    public static Rule EndsIncomplete { get; } = Error("RB111", "The file closes with '## Ends', holding '### Completed', '### Failed' and '### Aborted', each with its text.");

    /// <summary>RB112.</summary>
    public static Rule AnchorNumbered { get; } = Error("RB112", "No step's anchor had to be numbered: headings are unique.");

    /// <summary>RB113.</summary>
    public static Rule NoSteps { get; } = Error("RB113", "There is at least one step, and at most 500.");

    /// <summary>RB114.</summary>
    public static Rule UnknownBlock { get; } = Error("RB114", "A yaml fence with a second word names a kind of block.");

    /// <summary>RB115.</summary>
    public static Rule SecondBlock { get; } = Error("RB115", "A step has at most one executable block.");

    /// <summary>RB116.</summary>
    public static Rule BlockMember { get; } = Error("RB116", "A block has the members of its kind, with values of the right shape.");

    /// <summary>RB117.</summary>
    public static Rule Quoting { get; } = Error("RB117", "An expression that YAML could misread stands in quotation marks.");

    /// <summary>RB118.</summary>
    public static Rule Hidden { get; } = Error("RB118", "Blocks, ticks and transitions stand at the top level of a step.");

    /// <summary>RB119.</summary>
    public static Rule RefusedMarkdown { get; } = Error("RB119", "There is no raw HTML, HTML comment or reference-style link.");

    /// <summary>RB120.</summary>
    public static Rule UnknownTrigger { get; } = Error("RB120", "A list item that begins in bold with 'on', 'when' or 'choose' names a known trigger.");

    /// <summary>RB121.</summary>
    public static Rule LinkWithoutTrigger { get; } = Error("RB121", "A list item with a link to a step names the trigger that leads there.");

    /// <summary>RB122.</summary>
    public static Rule TransitionShape { get; } = Error("RB122", "A transition is a trigger, what it asks for, and one link.");

    /// <summary>RB123.</summary>
    public static Rule LinkText { get; } = Error("RB123", "A transition's link text is its target's heading.");

    /// <summary>RB124.</summary>
    public static Rule MarkdownLimit { get; } = Error("RB124", "Markdown nests at most 32 deep.");

    /// <summary>RB125.</summary>
    public static Rule SchemaKeyword { get; } = Error("RB125", "A schema uses the keywords and formats of the closed subset.");

    /// <summary>RB126.</summary>
    public static Rule BadName { get; } = Error("RB126", "Names of inputs, values and saved variables are letters, digits and underscores, and not reserved.");

    /// <summary>RB127.</summary>
    public static Rule BadDuration { get; } = Error("RB127", "A duration is a whole number and one of ms, s, m, h, d, at most 400 days.");

    /// <summary>RB128.</summary>
    public static Rule VariableSyntax { get; } = Error("RB128", "A variable is written ${name} or ${name.path}.");

    /// <summary>RB129.</summary>
    public static Rule PreTicked { get; } = Error("RB129", "An attestation is written unticked, in one paragraph.");

    /// <summary>RB130.</summary>
    public static Rule FenceOpen { get; } = Error("RB130", "Every fence is closed.");

    /// <summary>RB199.</summary>
    public static Rule TooMany { get; } = Error("RB199", "There are at most 500 findings in a report.");

    // Links.

    /// <summary>RB201.</summary>
    public static Rule TargetUnknown { get; } = Error("RB201", "Every transition leads to a step or an end of this file.");

    /// <summary>RB202.</summary>
    public static Rule Unreachable { get; } = Error("RB202", "Every step can be reached.");

    /// <summary>RB203.</summary>
    public static Rule NoWayOut { get; } = Error("RB203", "Every step has a way out.");

    /// <summary>RB204.</summary>
    public static Rule EndUnreachable { get; } = Error("RB204", "An end can be reached from every step.");

    /// <summary>RB205.</summary>
    public static Rule FallThrough { get; } = Error("RB205", "Success does not fall through into a step that others reach by failure, timeout, rejection or abort.");

    /// <summary>RB206.</summary>
    public static Rule DuplicateTrigger { get; } = Error("RB206", "A step writes each trigger once, and no 'on success' beside 'choose'.");

    /// <summary>RB207.</summary>
    public static Rule ImpossibleTrigger { get; } = Error("RB207", "A step writes only triggers that it can fire.");

    /// <summary>RB208.</summary>
    public static Rule WhenIncomplete { get; } = Error("RB208", "Conditions over one input with an enum cover every value, or there is an 'on success'.");

    /// <summary>RB209.</summary>
    public static Rule CallUnresolved { get; } = Error("RB209", "A called runbook exists, has no errors, and calls form no circle.");

    /// <summary>RB210.</summary>
    public static Rule CallMismatch { get; } = Error("RB210", "A called runbook's inputs, roles and environments fit its caller.");

    // Data.

    /// <summary>RB301.</summary>
    public static Rule VariableUnknown { get; } = Error("RB301", "Every variable is an input, saved by a step, or one of the session's own.");

    /// <summary>RB302.</summary>
    public static Rule VariableUnbound { get; } = Error("RB302", "Every variable is bound on every path before its use.");

    /// <summary>RB303.</summary>
    public static Rule ActionUnknown { get; } = Error("RB303", "Every action is in the catalogue.");

    /// <summary>RB304.</summary>
    public static Rule ArgumentMisfit { get; } = Error("RB304", "What is passed to an action fits the action's schema.");

    /// <summary>RB305.</summary>
    public static Rule ExpressionUnreadable { get; } = Error("RB305", "Every expression is JMESPath as jmespath.org defines it.");

    /// <summary>RB306.</summary>
    public static Rule VariableInQuotes { get; } = Error("RB306", "In an expression a variable stands where a literal may stand, never inside quotation marks.");

    /// <summary>RB307.</summary>
    public static Rule StringOrdering { get; } = Error("RB307", "Only numbers are compared with <, <=, > and >=.");

    /// <summary>RB308.</summary>
    public static Rule DefaultMisfit { get; } = Error("RB308", "Defaults and examples fit their schema.");

    /// <summary>RB309.</summary>
    public static Rule SecretShown { get; } = Error("RB309", "No secret flows into something shown, journalled or not secret itself.");

    /// <summary>RB310.</summary>
    public static Rule SavedTypeChanges { get; } = Error("RB310", "A name that is saved again keeps its type.");

    /// <summary>RB311.</summary>
    public static Rule MemberUnknown { get; } = Error("RB311", "An expression names members that the action's result has.");

    /// <summary>RB312.</summary>
    public static Rule ProbeUnknown { get; } = Error("RB312", "'same-as' names a probe of this file that writes 'use' itself.");

    /// <summary>RB313.</summary>
    public static Rule RehearsalMisfit { get; } = Error("RB313", "The rehearsal's inputs, answers and choices are ones that the runbook asks for, and fit.");

    /// <summary>RB314.</summary>
    public static Rule NotACondition { get; } = Error("RB314", "'expect' and 'when' come out true or false.");

    // Safety.

    /// <summary>RB401.</summary>
    public static Rule RevertMissed { get; } = Error("RB401", "From every state in which a fault or lease is armed, every trigger leads to its revert.");

    /// <summary>RB402.</summary>
    public static Rule ScopeShape { get; } = Error("RB402", "A fault or lease has a limit, an undo, and exactly one revert behind it.");

    /// <summary>RB403.</summary>
    public static Rule DestructiveUnapproved { get; } = Error("RB403", "Every destructive action is preceded on every path by an approval that covers it.");

    /// <summary>RB404.</summary>
    public static Rule NoSettlingProbe { get; } = Error("RB404", "An action of class once or destructive has a settling probe.");

    /// <summary>RB405.</summary>
    public static Rule ScopesCross { get; } = Error("RB405", "Scopes of faults and leases nest or lie apart.");

    /// <summary>RB406.</summary>
    public static Rule FaultShape { get; } = Error("RB406", "A fault has a blast radius, and a steady state of probes of its file.");

    /// <summary>RB407.</summary>
    public static Rule SteadyStateNotHeld { get; } = Error("RB407", "A fault's steady state has held on every path before it.");

    /// <summary>RB408.</summary>
    public static Rule SteadyStateNotProbedAgain { get; } = Error("RB408", "A fault's steady state is probed again on every path from its revert to completed.");

    /// <summary>RB409.</summary>
    public static Rule RevertDepends { get; } = Error("RB409", "A revert does not depend on what a fault broke.");

    /// <summary>RB410.</summary>
    public static Rule ArmedAgain { get; } = Error("RB410", "A fault or lease is not begun again before its revert.");

    /// <summary>RB411.</summary>
    public static Rule UndoShape { get; } = Error("RB411", "What undoes a fault changes something, may be repeated, can be seen to have taken effect, and uses what was known before the fault or an earlier undoing found.");

    /// <summary>RB412.</summary>
    public static Rule ProductTooLarge { get; } = Error("RB412", "All states that a session can be in are looked at: at most 2,000,000.");

    // People.

    /// <summary>RB501.</summary>
    public static Rule RoleUnknown { get; } = Error("RB501", "Every role is declared in the front matter.");

    /// <summary>RB502.</summary>
    public static Rule QuorumTooLarge { get; } = Error("RB502", "A quorum asks for no more people than its role has.");

    /// <summary>RB503.</summary>
    public static Rule TwoPersonRule { get; } = Error("RB503", "What is destructive is approved by somebody else than the operator.");

    /// <summary>RB504.</summary>
    public static Rule ResultUnknown { get; } = Error("RB504", "An approval over a result names a step that has run on every path to it.");

    /// <summary>RB505.</summary>
    public static Rule OverUnknown { get; } = Error("RB505", "An approval is over the plan, a step, a result or the close.");

    /// <summary>RB506.</summary>
    public static Rule CloseNotLast { get; } = Error("RB506", "An approval over the close leads to ends only.");

    // Environments.

    /// <summary>RB601.</summary>
    public static Rule EmbeddedOnly { get; } = Error("RB601", "Actions of the embedded Azure stand only in runbooks whose one environment is 'rehearsal'.");

    /// <summary>RB602.</summary>
    public static Rule ProductionQuorum { get; } = Error("RB602", "A fault in production is preceded on every path by an approval with a quorum of at least 2.");

    // Advice.

    /// <summary>RB701.</summary>
    public static Rule NoTimeout { get; } = Warning("RB701", "An action that may take long has a timeout.");

    /// <summary>RB702.</summary>
    public static Rule InputUnused { get; } = Warning("RB702", "Every input is used.");

    /// <summary>RB703.</summary>
    public static Rule SavedUnused { get; } = Warning("RB703", "Every saved value is used.");

    /// <summary>RB704.</summary>
    public static Rule ScopeTooLong { get; } = Warning("RB704", "What a scope waits for fits into its limit.");

    /// <summary>Every rule, by code.</summary>
    public static ImmutableArray<Rule> All { get; } = [.. Registered.OrderBy(r => r.Code, StringComparer.Ordinal)];

    private static Rule Error(string code, string title) => Register(new Rule(code, DiagnosticSeverity.Error, title));

    private static Rule Warning(string code, string title) => Register(new Rule(code, DiagnosticSeverity.Warning, title));

    private static Rule Register(Rule rule)
    {
        Registered.Add(rule);
        return rule;
    }
}
