using Runbook.Language.Actions;

namespace Runbook.Language.Checking;

/// <summary>The actions that a block calls.</summary>
internal static class BlockUses
{
    /// <summary>What it calls itself and to undo it; not what only reads.</summary>
    public static IEnumerable<ActionUse> Of(StepBlock? block) => block switch
    {
        StepBlock.Action b => [b.Use],
        StepBlock.Fault b => [b.Use, .. b.Undo],
        StepBlock.Lease b => [b.Use, .. b.Undo],
        _ => [],
    };

    /// <summary>Whether one of them takes something away.</summary>
    public static bool IsDestructive(StepBlock? block, ActionCatalogue catalogue) =>
        Of(block).Any(u => catalogue.Find(u.Name) is { Effect: EffectClass.Destructive });
}
