using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Runbook.Journal;

/// <summary>
/// Digests to be read aloud: in groups of four digits, and as words of the PGP word list (Juola and Zimmermann, 1995).
/// </summary>
/// <remarks>Bytes at even places have words of two syllables, bytes at odd places of three: a word that is dropped or
/// exchanged with its neighbour is heard.</remarks>
public static class DigestWords
{
    // In the order of the bytes, 00 to FF.
    private const string TwoSyllables = """
        aardvark absurd accrue acme adrift adult afflict ahead aimless Algol allow alone ammo ancient apple artist
        assume Athens atlas Aztec baboon backfield backward banjo beaming bedlamp beehive beeswax befriend Belfast berserk billiard
        bison blackjack blockade blowtorch bluebird bombast bookshelf brackish breadline breakup brickyard briefcase Burbank button buzzard cement
        chairlift chatter checkup chisel choking chopper Christmas clamshell classic classroom cleanup clockwork cobra commence concert cowbell
        crackdown cranky crowfoot crucial crumpled crusade cubic dashboard deadbolt deckhand dogsled dragnet drainage dreadful drifter dropper
        drumbeat drunken Dupont dwelling eating edict egghead eightball endorse endow enlist erase escape exceed eyeglass eyetooth
        facial fallout flagpole flatfoot flytrap fracture framework freedom frighten gazelle Geiger glitter glucose goggles goldfish gremlin
        guidance hamlet highchair hockey indoors indulge inverse involve island jawbone keyboard kickoff kiwi klaxon locale lockup
        merit minnow miser Mohawk mural music necklace Neptune newborn nightbird Oakland obtuse offload optic orca payday
        peachy pheasant physique playhouse Pluto preclude prefer preshrunk printer prowler pupil puppy python quadrant quiver quota
        ragtime ratchet rebirth reform regain reindeer rematch repay retouch revenge reward rhythm ribcage ringbolt robust rocker
        ruffled sailboat sawdust scallion scenic scorecard Scotland seabird select sentence shadow shamrock showgirl skullcap skydive slingshot
        slowdown snapline snapshot snowcap snowslide solo southward soybean spaniel spearhead spellbind spheroid spigot spindle spyglass stagehand
        stagnate stairway standard stapler steamship sterling stockman stopwatch stormy sugar surmount suspense sweatband swelter tactics talon
        tapeworm tempest tiger tissue tonic topmost tracker transit trauma treadmill Trojan trouble tumor tunnel tycoon uncut
        unearth unwind uproot upset upshot vapor village virus Vulcan waffle wallet watchword wayside willow woodlark Zulu
        """;

    private const string ThreeSyllables = """
        adroitness adviser aftermath aggregate alkali almighty amulet amusement antenna applicant Apollo armistice article asteroid Atlantic atmosphere
        autopsy Babylon backwater barbecue belowground bifocals bodyguard bookseller borderline bottomless Bradbury bravado Brazilian breakaway Burlington businessman
        butterfat Camelot candidate cannonball Capricorn caravan caretaker celebrate cellulose certify chambermaid Cherokee Chicago clergyman coherence combustion
        commando company component concurrent confidence conformist congregate consensus consulting corporate corrosion councilman crossover crucifix cumbersome customer
        Dakota decadence December decimal designing detector detergent determine dictator dinosaur direction disable disbelief disruptive distortion document
        embezzle enchanting enrollment enterprise equation equipment escapade Eskimo everyday examine existence exodus fascinate filament finicky forever
        fortitude frequency gadgetry Galveston getaway glossary gossamer graduate gravity guitarist hamburger Hamilton handiwork hazardous headwaters hemisphere
        hesitate hideaway holiness hurricane hydraulic impartial impetus inception indigo inertia infancy inferno informant insincere insurgent integrate
        intention inventive Istanbul Jamaica Jupiter leprosy letterhead liberty maritime matchmaker maverick Medusa megaton microscope microwave midsummer
        millionaire miracle misnomer molasses molecule Montana monument mosquito narrative nebula newsletter Norwegian October Ohio onlooker opulent
        Orlando outfielder Pacific pandemic Pandora paperweight paragon paragraph paramount passenger pedigree Pegasus penetrate perceptive performance pharmacy
        phonetic photograph pioneer pocketful politeness positive potato processor provincial proximate puberty publisher pyramid quantity racketeer rebellion
        recipe recover repellent replica reproduce resistor responsive retraction retrieval retrospect revenue revival revolver sandalwood sardonic Saturday
        savagery scavenger sensation sociable souvenir specialist speculate stethoscope stupendous supportive surrender suspicious sympathy tambourine telephone therapist
        tobacco tolerance tomorrow torpedo tradition travesty trombonist truncated typewriter ultimate undaunted underfoot unicorn unify universe unravel
        upcoming vacancy vagabond vertigo Virginia visitor vocalist voyager warranty Waterloo whimsical Wichita Wilmington Wyoming yesteryear Yucatan
        """;

    private static readonly string[][] Lists = [Split(TwoSyllables), Split(ThreeSyllables)];

    /// <summary>A digest in words.</summary>
    /// <param name="digest">The digest.</param>
    /// <returns>32 words with a blank between them.</returns>
    public static string Words(Digest digest) => Words(digest.ToBytes());

    /// <summary>Bytes in words.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <returns>A word for each byte, with a blank between them.</returns>
    public static string Words(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length * 10);
        for (var i = 0; i < bytes.Length; i++) text.Append(i == 0 ? "" : " ").Append(Lists[i % 2][bytes[i]]);
        return text.ToString();
    }

    /// <summary>A digest in 16 groups of four hexadecimal digits.</summary>
    /// <param name="digest">The digest.</param>
    public static string Groups(Digest digest) => string.Join(' ', digest.Hex.Chunk(4).Select(group => new string(group)));

    /// <summary>Reads words back, as somebody typed what was read aloud.</summary>
    /// <param name="words">Words in any case, with white space between them.</param>
    /// <param name="bytes">The bytes, or <see langword="null"/> where a word is none, or one of the other list.</param>
    public static bool TryParse(string words, [NotNullWhen(true)] out byte[]? bytes)
    {
        bytes = null;
        var spoken = words.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        var read = new byte[spoken.Length];
        for (var i = 0; i < spoken.Length; i++)
        {
            var value = Array.FindIndex(Lists[i % 2], w => w.Equals(spoken[i], StringComparison.OrdinalIgnoreCase));
            if (value < 0) return false;
            read[i] = (byte)value;
        }

        bytes = read;
        return true;
    }

    private static string[] Split(string list) => list.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
}
