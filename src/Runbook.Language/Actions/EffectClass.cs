namespace Runbook.Language.Actions;

/// <summary>What repeating a call would do.</summary>
public enum EffectClass
{
    /// <summary>It changes nothing: repeat as often as wanted.</summary>
    Read,

    /// <summary>It changes something, and twice is as good as once.</summary>
    Idempotent,

    /// <summary>It changes something, and twice is something else than once.</summary>
    Once,

    /// <summary>It takes something away. Needs an approval on every path.</summary>
    Destructive,
}

/// <summary>Names of effect classes as journal and catalogue write them.</summary>
public static class EffectClassNames
{
    /// <summary><c>read</c>, <c>idempotent</c>, <c>once</c> or <c>destructive</c>.</summary>
    public static string Name(this EffectClass effect) => effect switch
    {
        EffectClass.Read => "read",
        EffectClass.Idempotent => "idempotent",
        EffectClass.Once => "once",
        _ => "destructive",
    };

    /// <summary>The class of that name; false for any other text.</summary>
    public static bool TryParse(string name, out EffectClass effect)
    {
        foreach (var candidate in Enum.GetValues<EffectClass>())
        {
            effect = candidate;
            if (candidate.Name() == name) return true;
        }

        effect = default;
        return false;
    }
}
