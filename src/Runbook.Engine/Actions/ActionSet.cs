using System.Collections.Frozen;
using Runbook.Language.Actions;

namespace Runbook.Engine.Actions;

/// <summary>The actions that a session can carry out, and their catalogue.</summary>
public sealed class ActionSet
{
    private readonly FrozenDictionary<string, IAction> _byName;

    /// <summary>Of actions with distinct names.</summary>
    public ActionSet(IEnumerable<IAction> actions)
    {
        ArgumentNullException.ThrowIfNull(actions);
        _byName = actions.ToFrozenDictionary(a => a.Descriptor.Name, StringComparer.Ordinal);
        Catalogue = new ActionCatalogue(_byName.Values.Select(a => a.Descriptor));
    }

    /// <summary>The descriptors.</summary>
    public ActionCatalogue Catalogue { get; }

    /// <summary>The action of that name.</summary>
    /// <exception cref="KeyNotFoundException">There is none; the checker refuses a runbook that names such a one.</exception>
    public IAction Get(string name) => _byName[name];
}
