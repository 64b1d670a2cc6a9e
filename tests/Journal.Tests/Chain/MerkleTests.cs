using System.Text;
using Runbook.TestKit;

namespace Runbook.Journal.Tests.Chain;

public sealed class MerkleTests
{
    // Leaves and roots as Certificate Transparency's own tests publish them.
    private static readonly string[] Inputs = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];

    private static readonly string[] Roots =
    [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    [Fact]
    public void The_roots_are_those_of_certificate_transparency()
    {
        var frontier = new MerkleFrontier();
        Assert.Equal(Roots[0], frontier.Root().Hex);
        for (var i = 0; i < Inputs.Length; i++)
        {
            frontier.Add(Convert.FromHexString(Inputs[i]));
            Assert.Equal(Roots[i + 1], frontier.Root().Hex);
        }
    }

    [Fact]
    public void The_published_example_has_its_published_hashes()
    {
        var lines = ThreeEntries.Lines();
        var frontier = new MerkleFrontier();
        string[] hashes = ["44afa3a5d66ef6c753c94fdce8b8b09f75365a70f5619fa5a8ca7a2642a4cff6", "96019e4c257825f4b2cec6792226b30e41e94a6997cc58cb88d6c39715546755", "519fa314f7641b8e00f5e4c9eb36ea5dbfa66c71c082eab2cd7bde8fc68b5d7c"];
        string[] leaves = ["77f60550e1b3994e9d5c1c2fee41fda42a55ae144a2918a961cf49b72d6e1968", "4b8fdf3bfaeade3693e1a72e0d69c312c89ec4ab3d0560f3ac3b378902efada6", "4954a835ec02428036b317c943cbcf1b1b89dab5fa7b9bc52e631e36e357d1d2"];
        string[] roots = ["d/YFUOGzmU6dXBwv7kH9pCpVrhRKKRipYc9Jty1uGWg=", "X5DwXIlBGhoNKeBavSqFiRjIZuy7gJMtcOrWF6od0E8=", "RBiSFkfoA4akIC7H1JIgcEj8wZ0VEKaXLzP7lL9Awa0="];

        Assert.Equal([647, 580, 485], lines.Select(l => l.Length));
        for (var i = 0; i < 3; i++)
        {
            Assert.True(CanonicalScanner.Scan(lines[i]).Holds);
            Assert.Equal(hashes[i], Digest.Of(lines[i]).Hex);
            Assert.Equal(leaves[i], frontier.Add(lines[i]).Hex);
            Assert.Equal(roots[i], frontier.Root().Base64);
        }
    }

    [Fact]
    public void Frontier_and_recursion_agree_at_every_size()
    {
        var leaves = Leaves(258);
        var frontier = new MerkleFrontier();
        for (var size = 0; size <= 257; size++)
        {
            Assert.Equal(MerkleProof.Root(leaves.AsSpan(0, size)), frontier.Root());
            frontier.Add(Line(size));
        }
    }

    [Fact]
    public void Every_inclusion_proof_holds_and_no_other_leaf_index_or_path_does()
    {
        var leaves = Leaves(66);
        for (var size = 1; size <= 65; size++)
        {
            var tree = leaves.AsSpan(0, size);
            var root = MerkleProof.Root(tree);
            for (var index = 0; index < size; index++)
            {
                var path = MerkleProof.Inclusion(index, tree);

                Assert.True(MerkleProof.IncludesLeaf(index, size, leaves[index], path.AsSpan(), root));
                Assert.False(MerkleProof.IncludesLeaf(index, size, leaves[65], path.AsSpan(), root));
                Assert.False(MerkleProof.IncludesLeaf(index, size, leaves[index], path.Add(leaves[0]).AsSpan(), root));
                Assert.False(MerkleProof.IncludesLeaf(index + size, size, leaves[index], path.AsSpan(), root));
                if (path.Length > 0) Assert.False(MerkleProof.IncludesLeaf(index, size, leaves[index], path.AsSpan()[1..], root));
                if (size > 1) Assert.False(MerkleProof.IncludesLeaf((index + 1) % size, size, leaves[index], path.AsSpan(), root));
            }
        }
    }

    [Fact]
    public void Every_consistency_proof_holds_and_a_foreign_or_cut_one_does_not()
    {
        var leaves = Leaves(66);
        for (var later = 2; later <= 65; later++)
        {
            for (var size = 1; size < later; size++)
            {
                var root = MerkleProof.Root(leaves.AsSpan(0, size));
                var laterRoot = MerkleProof.Root(leaves.AsSpan(0, later));
                var path = MerkleProof.Consistency(size, leaves.AsSpan(0, later));

                Assert.True(MerkleProof.Extends(size, root, later, laterRoot, path.AsSpan()));
                Assert.False(MerkleProof.Extends(size, laterRoot, later, root, path.AsSpan()));
                Assert.False(MerkleProof.Extends(size, root, later, laterRoot, path.Add(leaves[0]).AsSpan()));
                Assert.False(MerkleProof.Extends(size, root, later, laterRoot, path.AsSpan()[1..]));
            }
        }

        Assert.False(MerkleProof.Extends(3, default, 3, default, []));
        Assert.False(MerkleProof.Extends(0, default, 3, default, [default]));
    }

    [Fact]
    public async Task A_shell_with_sha256sum_computes_the_same_roots()
    {
        if (!Tools.Has("bash") || !Tools.Has("xxd")) Assert.Skip("bash or xxd is not installed.");
        const string Script = """
            h() { xxd -r -p | sha256sum | cut -d' ' -f1; }
            mapfile -t q < <(while IFS= read -r l; do { printf '00'; printf '%s' "$l" | xxd -p | tr -d '\n'; } | h; done)
            while [ ${#q[@]} -gt 1 ]; do n=(); i=0
              while [ $i -lt ${#q[@]} ]; do
                if [ $((i+1)) -lt ${#q[@]} ]; then n+=("$(printf '01%s%s' "${q[i]}" "${q[i+1]}" | h)"); else n+=("${q[i]}"); fi; i=$((i+2)); done
              q=("${n[@]}"); done
            printf '%s' "${q[0]}"
            """;
        foreach (var size in new[] { 1, 2, 3, 7, 8, 33 })
        {
            var frontier = new MerkleFrontier();
            var text = new StringBuilder();
            for (var i = 0; i < size; i++)
            {
                frontier.Add(Line(i));
                text.Append(Encoding.ASCII.GetString(Line(i))).Append('\n');
            }

            var shell = await Tools.RunAsync("bash", ["-c", Script], Encoding.ASCII.GetBytes(text.ToString()));
            Assert.Equal(frontier.Root().Hex, shell.Text);
        }
    }

    private static byte[] Line(int number) => Encoding.ASCII.GetBytes($"line {number}");

    private static Digest[] Leaves(int count) => [.. Enumerable.Range(0, count).Select(i => MerkleProof.Leaf(Line(i)))];
}
