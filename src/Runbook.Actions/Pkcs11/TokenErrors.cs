using System.Collections.Immutable;
using Net.Pkcs11Interop.Common;
using Runbook.Language.Actions;

namespace Runbook.Actions;

/// <summary>What may go wrong with a token, and in which words it is told.</summary>
internal static class TokenErrors
{
    /// <summary>For every action on a token.</summary>
    public static ImmutableArray<ActionError> Common { get; } =
    [
        new("ModuleNotFound", "There is no PKCS#11 module of that name or at that path on this computer.", "Nothing changed.", "Install the device's software, or name the module's path: p11-kit list-modules shows those that p11-kit knows."),
        new("ModuleUnusable", "The PKCS#11 module could not be loaded, or did not begin.", "Nothing changed.", "Try it alone: pkcs11-tool --module MODULE --list-slots."),
        new("TokenNotFound", "No token has that label.", "Nothing changed.", "Insert it, or name one of those that the message lists."),
        new("TokenAmbiguous", "Several tokens have that label.", "Nothing changed.", "Take out the others."),
        new("PinIncorrect", "The PIN is wrong.", "Nothing changed. The token counts wrong PINs and locks itself after a few.", "Have its holder enter it anew; don't try often."),
        new("PinLocked", "The PIN is locked after too many wrong ones.", "Nothing changed.", "The token's security officer unlocks it."),
        new("PinNotTold", "Nobody has told this console the PIN.", "Nothing changed.", "Have its holder enter it."),
        new("RehearsalTokenOnly", "The stand-in for a token, which keeps keys in files, is for rehearsals on the embedded Azure only.", "Nothing changed.", "Name the module of a real token."),
        new("TokenFailed", "The token refused, in a word of PKCS#11.", "Nothing is known to have changed.", "Look the word up in the device's manual; find the key before anything is repeated."),
    ];

    /// <summary>The words for what a module threw; <see langword="null"/> when it is not about the token.</summary>
    public static TokenRefusedException? Translate(Exception exception, string what) => exception switch
    {
        TokenRefusedException refused => refused,
        Pkcs11Exception { RV: CKR.CKR_PIN_INCORRECT or CKR.CKR_PIN_INVALID or CKR.CKR_PIN_LEN_RANGE } => new("PinIncorrect", $"The token refuses to {what}: the PIN is wrong.", exception),
        Pkcs11Exception { RV: CKR.CKR_PIN_LOCKED } => new("PinLocked", $"The token refuses to {what}: the PIN is locked.", exception),
        Pkcs11Exception { RV: CKR.CKR_KEY_UNEXTRACTABLE or CKR.CKR_KEY_NOT_WRAPPABLE } => new("KeyNotExtractable", $"The token refuses to {what}: the key may not leave it, not even wrapped.", exception),
        Pkcs11Exception refused => new("TokenFailed", $"The token refuses to {what}: {refused.Method} gives {refused.RV}.", exception),
        UnmanagedException or BadImageFormatException or DllNotFoundException or EntryPointNotFoundException => new("ModuleUnusable", $"The module could not be loaded to {what}: {exception.Message}", exception),
        AttributeValueException => new("TokenFailed", $"The token does not tell what is needed to {what}.", exception),
        _ => null,
    };
}
