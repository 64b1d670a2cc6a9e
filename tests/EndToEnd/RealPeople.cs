using Runbook.TestKit;

namespace Runbook.EndToEnd;

/// <summary>People with keys of their own, each with a home of their own as on machines of their own, and an authority who keeps their roster.</summary>
public sealed class RealPeople : IDisposable
{
    private static readonly (string Person, string Role)[] Enrolled = [("alice", "operator"), ("bob", "custodian"), ("carol", "custodian"), ("dave", "custodian"), ("walt", "witness")];

    private readonly ScratchFolder _scratch = new();

    /// <summary>The runbook that they walk.</summary>
    public string Runbook => _scratch.In("people.md");

    /// <summary>Their roster.</summary>
    public string Roster => _scratch.In("roster.json");

    /// <summary>The authority's public key.</summary>
    public string AuthorityKey => _scratch.In("authority", "keys", "authority.pub.pem");

    /// <summary>Makes all keys, the roster, and everybody's trust in its authority, with the program.</summary>
    public static async Task<RealPeople> MakeAsync()
    {
        var people = new RealPeople();
        File.Copy(Repository.In("tests", "EndToEnd", "runbooks", "people.md"), people.Runbook);
        await people.MakeKeyAsync("authority");
        foreach (var (person, role) in Enrolled)
        {
            await people.MakeKeyAsync(person);
            await people.EnrolAsync(person, role);
            await people.DoneAsync(person, "keys", "trust", people.AuthorityKey);
        }

        return people;
    }

    /// <summary>A person's program.</summary>
    /// <param name="person">Who; also somebody who has no key.</param>
    /// <param name="variables">Further environment variables.</param>
    public RunbookProgram Of(string person, IReadOnlyDictionary<string, string>? variables = null) => new(_scratch.In(person), _scratch.Path) { Variables = variables ?? new Dictionary<string, string>() };

    /// <summary>A person's passphrase.</summary>
    /// <param name="person">Who.</param>
    public static string PassphraseOf(string person) => $"{person} has words that nobody knows";

    /// <summary>A file with a person's passphrase.</summary>
    /// <param name="person">Who.</param>
    public string PassphraseFileOf(string person) => _scratch.In(person + ".passphrase");

    /// <summary>A person's private key as it lies on their machine.</summary>
    /// <param name="person">Who.</param>
    public string KeyFileOf(string person) => _scratch.In(person, "keys", person + ".key.pem");

    /// <summary>A path in the folder where everybody stands.</summary>
    /// <param name="name">The name.</param>
    public string In(string name) => _scratch.In(name);

    /// <summary>A person signs whatever is open for them in a session.</summary>
    /// <param name="person">Who.</param>
    /// <param name="session">The session's directory.</param>
    /// <param name="more">Further options.</param>
    public Task<Said> ApproveAsync(string person, string session, params string[] more) =>
        Of(person).RunAsync(["approve", session, "--yes", "--passphrase-file", PassphraseFileOf(person), .. more]);

    /// <summary>Makes a key and the passphrase that opens it.</summary>
    /// <param name="person">Whose.</param>
    public async Task MakeKeyAsync(string person)
    {
        await File.WriteAllTextAsync(PassphraseFileOf(person), PassphraseOf(person) + "\n");
        await DoneAsync(person, "keys", "new", person, "--passphrase-file", PassphraseFileOf(person));
    }

    /// <summary>Puts a person into the roster.</summary>
    /// <param name="person">Who.</param>
    /// <param name="role">As what.</param>
    public Task EnrolAsync(string person, string role) =>
        DoneAsync("authority", "keys", "enrol", person + ".enrolment.json", "--roster", Roster, "--role", role, "--authority", "authority", "--passphrase-file", PassphraseFileOf("authority"));

    /// <summary>Removes everything.</summary>
    public void Dispose() => _scratch.Dispose();

    private async Task DoneAsync(string person, params string[] arguments)
    {
        var said = await Of(person).RunAsync(arguments);
        Assert.True(said.ExitCode == 0, $"{string.Join(' ', arguments)}: {said}");
    }
}
