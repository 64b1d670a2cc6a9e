using System.Globalization;
using System.Text;

namespace Runbook.Language.Tests.Safety;

/// <summary>Runbooks whose product is as large as wanted: leases in one another, each taken or not.</summary>
internal static class LargeMachines
{
    public static string Nested(int leases, int uses = 1)
    {
        var text = new StringBuilder("""
            ---
            runbook: large
            kind: procedure
            summary: Many leases, each taken or not.
            environments: [rehearsal]
            roles: {operator: 1}
            inputs:
              hsm: {type: string, description: Name of the HSM}
              taken: {type: array, items: {type: boolean}, description: Which leases are taken}
            ---

            # Large

            """);
        for (var i = 0; i < leases; i++)
        {
            var next = i + 1 < leases ? $"Decide {i + 1}" : "Use 0";
            text.Append(CultureInfo.InvariantCulture, $"""

                ## Decide {i}

                - **when** `${"{taken}"}[{i}]` [Lend {i}](#lend-{i})
                - **on success** [{next}](#{Slug(next)})

                ## Lend {i}

                ```yaml lease
                use: test.thing.break
                with: {"{name: \"${hsm}\"}"}
                limit: 1h
                ```

                """);
        }

        for (var i = 0; i < uses; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"""

                ## Use {i}

                ```yaml action
                use: test.thing.get
                with: {"{name: \"${hsm}\"}"}
                timeout: 1m
                ```

                """);
        }

        for (var i = leases - 1; i >= 0; i--)
        {
            text.Append(CultureInfo.InvariantCulture, $"""

                ## Take back {i}

                ```yaml revert
                fault: lend-{i}
                ```

                """);
        }

        return text.Append("""

            ## Ends

            ### Completed

            Nothing is lent.

            ### Failed

            Nothing is lent.

            ### Aborted

            Nothing is lent.
            """).ToString();
    }

    private static string Slug(string title) => title.ToLowerInvariant().Replace(' ', '-');
}
