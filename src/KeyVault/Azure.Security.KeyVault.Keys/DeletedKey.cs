using System.Text.Json;

namespace Azure.Security.KeyVault.Keys;

/// <summary>A key that was deleted and can still be recovered.</summary>
public class DeletedKey : KeyVaultKey
{
    private DeletedKey(JsonElement bundle)
        : base(bundle)
    {
        RecoveryId = bundle.Address("recoveryId");
        DeletedOn = bundle.Time("deletedDate");
        ScheduledPurgeDate = bundle.Time("scheduledPurgeDate");
    }

    private DeletedKey(string name, JsonElement item)
        : base(name)
    {
        Properties.Take(item.Address("kid")!);
        Properties.Fill(item);
        RecoveryId = item.Address("recoveryId");
        DeletedOn = item.Time("deletedDate");
        ScheduledPurgeDate = item.Time("scheduledPurgeDate");
    }

    /// <summary>Where it is found until it is recovered or gone; <see langword="null"/> where nothing is kept.</summary>
    public Uri? RecoveryId { get; }

    /// <summary>When it was deleted.</summary>
    public DateTimeOffset? DeletedOn { get; }

    /// <summary>When it will be gone.</summary>
    public DateTimeOffset? ScheduledPurgeDate { get; }

    internal static new DeletedKey Read(JsonElement bundle) => new(bundle);

    internal static DeletedKey ReadItem(JsonElement item) => new(new KeyVaultKeyIdentifier(item.Address("kid")!).Name, item);
}
