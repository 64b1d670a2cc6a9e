using System.Collections.Immutable;
using System.Globalization;
using Runbook.Journal;

namespace Runbook.Tui;

/// <summary>
/// Digests for the ear and for paper: hexadecimal digits in groups of four, and the PGP word list of Juola and Zimmermann,
/// one word a byte. Bytes at even places take a word of two syllables, the others one of three, so that a word that is
/// dropped, repeated or swapped is heard.
/// </summary>
/// <remarks>Pure; both forms are the same everywhere, so that people may compare them by voice.</remarks>
public static class PaperWords
{
    private const string EvenWords = """
        aardvark absurd accrue acme adrift adult afflict ahead aimless Algol allow alone ammo ancient apple
        artist assume Athens atlas Aztec baboon backfield backward banjo beaming bedlamp beehive beeswax
        befriend Belfast berserk billiard bison blackjack blockade blowtorch bluebird bombast bookshelf
        brackish breadline breakup brickyard briefcase Burbank button buzzard cement chairlift chatter
        checkup chisel choking chopper Christmas clamshell classic classroom cleanup clockwork cobra
        commence concert cowbell crackdown cranky crowfoot crucial crumpled crusade cubic dashboard deadbolt
        deckhand dogsled dragnet drainage dreadful drifter dropper drumbeat drunken Dupont dwelling eating
        edict egghead eightball endorse endow enlist erase escape exceed eyeglass eyetooth facial fallout
        flagpole flatfoot flytrap fracture framework freedom frighten gazelle Geiger glitter glucose goggles
        goldfish gremlin guidance hamlet highchair hockey indoors indulge inverse involve island jawbone
        keyboard kickoff kiwi klaxon locale lockup merit minnow miser Mohawk mural music necklace Neptune
        newborn nightbird Oakland obtuse offload optic orca payday peachy pheasant physique playhouse Pluto
        preclude prefer preshrunk printer prowler pupil puppy python quadrant quiver quota ragtime ratchet
        rebirth reform regain reindeer rematch repay retouch revenge reward rhythm ribcage ringbolt robust
        rocker ruffled sailboat sawdust scallion scenic scorecard Scotland seabird select sentence shadow
        shamrock showgirl skullcap skydive slingshot slowdown snapline snapshot snowcap snowslide solo
        southward soybean spaniel spearhead spellbind spheroid spigot spindle spyglass stagehand stagnate
        stairway standard stapler steamship sterling stockman stopwatch stormy sugar surmount suspense
        sweatband swelter tactics talon tapeworm tempest tiger tissue tonic topmost tracker transit trauma
        treadmill Trojan trouble tumor tunnel tycoon uncut unearth unwind uproot upset upshot vapor village
        virus Vulcan waffle wallet watchword wayside willow woodlark Zulu
        """;

    private const string OddWords = """
        adroitness adviser aftermath aggregate alkali almighty amulet amusement antenna applicant Apollo
        armistice article asteroid Atlantic atmosphere autopsy Babylon backwater barbecue belowground
        bifocals bodyguard bookseller borderline bottomless Bradbury bravado Brazilian breakaway Burlington
        businessman butterfat Camelot candidate cannonball Capricorn caravan caretaker celebrate cellulose
        certify chambermaid Cherokee Chicago clergyman coherence combustion commando company component
        concurrent confidence conformist congregate consensus consulting corporate corrosion councilman
        crossover crucifix cumbersome customer Dakota decadence December decimal designing detector
        detergent determine dictator dinosaur direction disable disbelief disruptive distortion document
        embezzle enchanting enrollment enterprise equation equipment escapade Eskimo everyday examine
        existence exodus fascinate filament finicky forever fortitude frequency gadgetry Galveston getaway
        glossary gossamer graduate gravity guitarist hamburger Hamilton handiwork hazardous headwaters
        hemisphere hesitate hideaway holiness hurricane hydraulic impartial impetus inception indigo inertia
        infancy inferno informant insincere insurgent integrate intention inventive Istanbul Jamaica Jupiter
        leprosy letterhead liberty maritime matchmaker maverick Medusa megaton microscope microwave
        midsummer millionaire miracle misnomer molasses molecule Montana monument mosquito narrative nebula
        newsletter Norwegian October Ohio onlooker opulent Orlando outfielder Pacific pandemic Pandora
        paperweight paragon paragraph paramount passenger pedigree Pegasus penetrate perceptive performance
        pharmacy phonetic photograph pioneer pocketful politeness positive potato processor provincial
        proximate puberty publisher pyramid quantity racketeer rebellion recipe recover repellent replica
        reproduce resistor responsive retraction retrieval retrospect revenue revival revolver sandalwood
        sardonic Saturday savagery scavenger sensation sociable souvenir specialist speculate stethoscope
        stupendous supportive surrender suspicious sympathy tambourine telephone therapist tobacco tolerance
        tomorrow torpedo tradition travesty trombonist truncated typewriter ultimate undaunted underfoot
        unicorn unify universe unravel upcoming vacancy vagabond vertigo Virginia visitor vocalist voyager
        warranty Waterloo whimsical Wichita Wilmington Wyoming yesteryear Yucatan
        """;

    private static readonly ImmutableArray<string> Even = Split(EvenWords);
    private static readonly ImmutableArray<string> Odd = Split(OddWords);

    /// <summary>One word for each byte.</summary>
    /// <param name="bytes">Any bytes.</param>
    public static ImmutableArray<string> Of(ReadOnlySpan<byte> bytes)
    {
        var words = ImmutableArray.CreateBuilder<string>(bytes.Length);
        for (var i = 0; i < bytes.Length; i++) words.Add((i % 2 == 0 ? Even : Odd)[bytes[i]]);
        return words.MoveToImmutable();
    }

    /// <summary>The 32 words of a digest.</summary>
    public static ImmutableArray<string> Of(Digest digest) => Of(digest.ToBytes());

    /// <summary>The digits of a digest in 16 groups of four.</summary>
    public static ImmutableArray<string> Groups(Digest digest) => Groups(digest.Hex);

    /// <summary>Hexadecimal digits in groups of four; the last may be shorter.</summary>
    /// <param name="hex">The digits.</param>
    public static ImmutableArray<string> Groups(string hex)
    {
        ArgumentNullException.ThrowIfNull(hex);
        return [.. hex.Chunk(4).Select(c => new string(c))];
    }

    /// <summary>A size as it is said with a root: digits in groups of three.</summary>
    /// <param name="size">Number of lines.</param>
    public static string Size(long size) => size.ToString("N0", CultureInfo.InvariantCulture);

    private static ImmutableArray<string> Split(string words) =>
        [.. words.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries)];
}
