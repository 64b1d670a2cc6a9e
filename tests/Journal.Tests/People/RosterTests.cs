using System.Security.Cryptography;
using System.Text;
using Runbook.TestKit;

namespace Runbook.Journal.Tests.People;

public sealed class RosterTests
{
    private static readonly JournalTime From = JournalTime.Parse("2026-01-01T00:00:00.000000Z");
    private static readonly JournalTime To = JournalTime.Parse("2027-01-01T00:00:00.000000Z");

    [Fact]
    public void A_roster_reads_back_byte_for_byte()
    {
        var roster = TestPeople.Of().Roster.Roster;

        Assert.True(Roster.TryRead(roster.Canonical.Span, out var again, out var flaw), flaw);
        Assert.Equal(roster.Digest, again!.Digest);
        Assert.True(again.Agrees(roster.ToEntry(default)));
        Assert.True(CanonicalScanner.Scan(roster.Canonical.Span).Holds);
    }

    [Fact]
    public void Its_signature_holds_for_its_authority_and_nobody_else()
    {
        var people = TestPeople.Of();
        Assert.True(SignedRoster.TryRead(people.Roster.Roster.Canonical.Span, people.Roster.Envelope.Span, out var roster, out _));

        Assert.True(roster!.IsSignedBy(people.Authority.PublicKey));
        Assert.False(roster.IsSignedBy(TestPeople.Of("two").Authority.PublicKey));
        Assert.False(SignedRoster.TryRead(TestPeople.Of("two").Roster.Roster.Canonical.Span, people.Roster.Envelope.Span, out _, out _));
    }

    [Fact]
    public void A_roster_that_breaks_a_rule_is_not_made()
    {
        using var key = EcdsaSigner.Generate();
        using var other = EcdsaSigner.Generate();
        var mine = RosterKey.Of(key.PublicKey, KeyHolder.File, From);
        var theirs = RosterKey.Of(other.PublicKey, KeyHolder.File, From);
        var role = new RosterRole("custodian", 1, 1);

        Make([Person("bob", mine)], [role]);
        Assert.Throws<RosterException>(() => Make([], [role]));
        Assert.Throws<RosterException>(() => Make([Person("bob", mine), Person("carol", mine)], [role]));
        Assert.Throws<RosterException>(() => Make([Person("bob", mine), Person("bob", theirs)], [role]));
        Assert.Throws<RosterException>(() => Make([Person("bob", mine)], [new RosterRole("custodian", 1, 2)]));
        Assert.Throws<RosterException>(() => Make([Person("bob", mine)], [new RosterRole("custodian", 2, 1)]));
        Assert.Throws<RosterException>(() => Make([Person("bob", mine)], [new RosterRole("witness", 1, 1)]));
        Assert.Throws<RosterException>(() => Make([Person("bob", mine with { KeyId = theirs.KeyId })], [role]));
        Assert.Throws<RosterException>(() => Make([Person("bob", mine with { To = From })], [role]));
        Assert.Throws<RosterException>(() => Make([Person("Bob", mine)], [role]));
        Assert.Throws<RosterException>(() => Roster.Create("x", To, From, [Person("bob", mine)], [role]));

        static Roster Make(RosterPerson[] people, RosterRole[] roles) => Roster.Create("x", From, To, people, roles);
        static RosterPerson Person(string id, RosterKey key) => new(id, id, [key], ["custodian"]);
    }

    [Theory]
    [InlineData("2025-12-31T23:59:59.999999Z", false)]
    [InlineData("2026-01-01T00:00:00.000000Z", true)]
    [InlineData("2026-05-31T23:59:59.999999Z", true)]
    [InlineData("2026-06-01T00:00:00.000000Z", false)]
    public void A_key_counts_from_its_beginning_until_it_is_revoked(string at, bool counts)
    {
        using var key = EcdsaSigner.Generate();
        var entry = RosterKey.Of(key.PublicKey, KeyHolder.File, From) with { To = To, Revoked = JournalTime.Parse("2026-06-01T00:00:00.000000Z") };

        Assert.Equal(counts, entry.IsCurrent(JournalTime.Parse(at)));
    }

    [Fact]
    public void A_trusted_authority_is_one_from_outside()
    {
        var people = TestPeople.Of();
        var trust = people.Trust;

        Assert.True(trust.TryFind(people.Authority.PublicKey.KeyId, isEmbedded: false, out _, out var source));
        Assert.Equal("test.pem", source);
        Assert.False(trust.TryFind(TestPeople.Of("two").Authority.PublicKey.KeyId, isEmbedded: false, out _, out _));
        Assert.False(trust.TryAdd("nonsense", "x"));
    }

    [Fact]
    public void The_rehearsal_authority_counts_for_the_embedded_azure_and_never_elsewhere()
    {
        var trust = new TrustedAuthorities();
        Assert.False(trust.TryAdd(Rehearsal.Authority.PublicKey.Pem, "given by hand"));

        Assert.True(trust.TryFind(Rehearsal.Authority.PublicKey.KeyId, isEmbedded: true, out _, out _));
        Assert.False(trust.TryFind(Rehearsal.Authority.PublicKey.KeyId, isEmbedded: false, out _, out _));
    }

    [Fact]
    public void A_rehearsal_has_the_people_that_a_runbook_asks_for_always_the_same()
    {
        DeclaredRole[] roles = [new("operator", 1, 1), new("custodian", 3, 2), new("witness", 1, 1)];
        var roster = Rehearsal.RosterFor(roles);

        Assert.Equal(["alice", "bob", "carol", "dave", "walt"], roster.Roster.People.Select(p => p.Id));
        Assert.Equal(roster.Envelope.ToArray(), Rehearsal.RosterFor(roles).Envelope.ToArray());
        Assert.True(roster.IsSignedBy(Rehearsal.Authority.PublicKey));
        Assert.Equal(["bob", "carol", "dave"], roster.Roster.PeopleOf("custodian").Select(p => p.Id));
        foreach (var person in roster.Roster.People) Assert.NotNull(person.FindKey(Rehearsal.KeyOf(person.Id).PublicKey.KeyId));
    }

    [Fact]
    public void A_rehearsal_knows_other_roles_and_always_an_operator()
    {
        var roster = Rehearsal.RosterFor([new("safety-officer", 2, 1), new("custodian", 2, 2)]).Roster;

        Assert.Equal(["alice", "bob", "carol", "dave", "erin"], roster.People.Select(p => p.Id));
        Assert.Equal(2, roster.FindRole("custodian")!.Quorum);
        Assert.InRange(Rehearsal.People.Length, 12, 100);
        Assert.Throws<RosterException>(() => Rehearsal.RosterFor([new("custodian", 50, 2)]));
    }

    [Fact]
    public void Rehearsal_keys_never_change()
        => Assert.Equal("9881f4f1", Digest.Of(Encoding.ASCII.GetBytes(string.Join(' ', Rehearsal.People.Select(p => Rehearsal.KeyOf(p).PublicKey.KeyId.Hex)))).Hex[..8]);

    [Fact]
    public void Enrolment_proves_that_the_key_is_there()
    {
        using var key = EcdsaSigner.Generate();
        using var other = EcdsaSigner.Generate();
        var payload = new EnrolmentPayload { At = From, Holder = KeyHolder.File, Name = "Bob", Person = "bob", Spki = key.PublicKey.SpkiBase64 };
        var file = payload.Sign(key).ToFile();

        Assert.True(EnrolmentPayload.TryVerify(file, out var enrolment));
        Assert.Equal(payload, enrolment);
        Assert.Throws<ArgumentException>(() => payload.Sign(other));
        var stolen = DsseEnvelope.Sign(PayloadTypes.Enrolment, PayloadText.Write(payload), other).ToFile();
        Assert.False(EnrolmentPayload.TryVerify(stolen, out _));
        Assert.False(EnrolmentPayload.TryVerify("x"u8, out _));
    }

    [Fact]
    public async Task Ssh_keygen_takes_the_allowed_signers_with_their_validity()
    {
        if (!Tools.Has("ssh-keygen")) Assert.Skip("ssh-keygen is not installed.");
        using var folder = new ScratchFolder();
        using var key = EcdsaSigner.Generate();
        var entry = RosterKey.Of(key.PublicKey, KeyHolder.File, From) with { Revoked = JournalTime.Parse("2026-06-01T00:00:00.000000Z") };
        var roster = Roster.Create("x", From, To, [new RosterPerson("bob", "Bob", [entry], ["custodian"])], [new RosterRole("custodian", 1, 1)]);
        folder.Write("allowed", Encoding.ASCII.GetBytes(AllowedSigners.Of(roster)));
        folder.Write("sig", Encoding.ASCII.GetBytes(SshSig.Sign(key, SshSig.TranscriptNamespace, SHA512.HashData("x"u8))));

        Assert.Equal(0, (await VerifyAt("20260301000000Z")).ExitCode);
        Assert.NotEqual(0, (await VerifyAt("20251231000000Z")).ExitCode);
        Assert.NotEqual(0, (await VerifyAt("20260701000000Z")).ExitCode);

        Task<ToolResult> VerifyAt(string time) => Tools.RunAsync("ssh-keygen", ["-Y", "verify", "-f", "allowed", "-I", "bob", "-n", SshSig.TranscriptNamespace, "-s", "sig", $"-Overify-time={time}"], "x"u8.ToArray(), folder.Path);
    }
}
