using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using Runbook.Simulator.KeyVault;

namespace Runbook.Simulator;

/// <summary>
/// Runs on an embedded Azure that repeat byte for byte: keys, random bytes and the padding of what is encrypted follow from a word,
/// and RSA keys are made once for all of them. Two keys of one run are never the same; the same key of two runs is.
/// </summary>
/// <remarks>
/// For rehearsals that are thrown away, by the thousand; whoever knows the word knows the keys, and nothing that is kept may use it.
/// One thing happens at a time in such a run, or it would not repeat.
/// </remarks>
/// <param name="word">What everything follows from.</param>
public sealed class RepeatedRuns(string word)
{
    private static readonly AsyncLocal<Run?> Current = new();

    private readonly byte[] _digest = SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(word));
    private readonly ConcurrentDictionary<string, byte[]> _unwrapped = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Lazy<KeyMaterial>> _made = new(StringComparer.Ordinal);

    /// <summary>Begins a run: until it is disposed, every embedded Azure that this flow of control uses takes what is random from here.</summary>
    /// <returns>Ends the run; one around it goes on.</returns>
    public IDisposable Begin() => Current.Value = new Run(this, Current.Value);

    /// <summary>The next key of the run that this flow of control is in, PKCS#8.</summary>
    /// <param name="bits">Its size.</param>
    /// <exception cref="InvalidOperationException">It is in none.</exception>
    public static byte[] NextPkcs8(int bits) => Convert.FromBase64String(Required.Next(bits).Secret);

    /// <summary>Somebody's key, the same in each run.</summary>
    /// <param name="bits">Its size.</param>
    /// <param name="name">Whose it is.</param>
    /// <exception cref="InvalidOperationException">This flow of control is in no run.</exception>
    public static RSA KeyOf(int bits, string name) => Required.Runs.At(bits, name).ToRsa();

    /// <summary>Fills with the run's next random bytes.</summary>
    /// <param name="bytes">Where they go.</param>
    /// <exception cref="InvalidOperationException">This flow of control is in no run.</exception>
    public static void Fill(Span<byte> bytes) => Required.Fill(bytes);

    /// <summary>Encrypts, padded with the run's random bytes.</summary>
    /// <param name="key">The public key.</param>
    /// <param name="value">What is encrypted.</param>
    /// <param name="padding">OAEP, or that of PKCS#1.</param>
    /// <exception cref="CryptographicException">The value is too long for the key.</exception>
    /// <exception cref="InvalidOperationException">This flow of control is in no run.</exception>
    public static byte[] Encrypt(RSA key, ReadOnlySpan<byte> value, RSAEncryptionPadding padding) => GivenPadding.Encrypt(key, value, padding, Required.Fill);

    internal static bool IsOn => Current.Value is not null;

    internal static KeyMaterial? Next(int bits) => Current.Value?.Next(bits);

    /// <summary>What was unwrapped in any run, where this flow of control is in one: the same keys unwrap the same values there again and again.</summary>
    internal static ConcurrentDictionary<string, byte[]>? Unwrapped => Current.Value?.Runs._unwrapped;

    private static Run Required => Current.Value ?? throw new InvalidOperationException("No run has begun.");

    private KeyMaterial At(int bits, string name) =>
        _made.GetOrAdd($"{word} {name} {bits}", static (label, bits) => new Lazy<KeyMaterial>(() => DerivedRsa.Of(label, bits)), bits).Value;

    private sealed class Run(RepeatedRuns runs, Run? around) : IDisposable
    {
        private readonly Lock _gate = new();
        private readonly Dictionary<int, int> _taken = [];
        private long _block;

        public RepeatedRuns Runs => runs;

        public KeyMaterial Next(int bits)
        {
            lock (_gate)
            {
                var number = _taken[bits] = _taken.GetValueOrDefault(bits) + 1;
                return runs.At(bits, number.ToString(System.Globalization.CultureInfo.InvariantCulture));
            }
        }

        public void Fill(Span<byte> bytes)
        {
            Span<byte> input = stackalloc byte[SHA256.HashSizeInBytes + sizeof(long)];
            Span<byte> output = stackalloc byte[SHA256.HashSizeInBytes];
            runs._digest.CopyTo(input);
            lock (_gate)
            {
                while (!bytes.IsEmpty)
                {
                    BinaryPrimitives.WriteInt64BigEndian(input[SHA256.HashSizeInBytes..], _block++);
                    SHA256.HashData(input, output);
                    var part = Math.Min(bytes.Length, output.Length);
                    output[..part].CopyTo(bytes);
                    bytes = bytes[part..];
                }
            }
        }

        public void Dispose() => Current.Value = around;
    }
}
