using Runbook.Simulator.KeyVault;
using Runbook.Simulator.State;

namespace Runbook.Simulator.KeyLinks;

/// <summary>Data keys that the platform itself keeps: AES-256, wrapped (RFC 3394) with a root that nobody can take away.</summary>
internal static class PlatformKeys
{
    private const int KeyBytes = 32;

    /// <summary>Makes a data key and gives it wrapped.</summary>
    public static byte[] Make(EstateTransaction tx) => Wrap(tx, SimulatorRandom.Bytes(KeyBytes));

    public static byte[] Wrap(EstateTransaction tx, byte[] dataKey)
    {
        var root = tx.Find(Tables.Meta, MetaKeys.PlatformKey)?.Hidden;
        if (root is null)
        {
            root = Convert.ToBase64String(SimulatorRandom.Bytes(KeyBytes));
            tx.Put(Tables.Meta, MetaKeys.PlatformKey, new MetaRow { Hidden = root });
        }
        return AesKeyWrap.Wrap(Convert.FromBase64String(root), dataKey);
    }

    public static byte[] Unwrap(EstateView view, byte[] wrapped) => AesKeyWrap.Unwrap(
        Convert.FromBase64String(view.Find(Tables.Meta, MetaKeys.PlatformKey)?.Hidden ?? throw new InvalidDataException("The estate has no platform key.")),
        wrapped);
}
