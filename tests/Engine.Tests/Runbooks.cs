namespace Runbook.Engine.Tests;

/// <summary>Small runbooks for the engine's tests.</summary>
internal static class Runbooks
{
    public static string Of(string steps, string roles = "operator: 1\n  custodian: {people: 3, quorum: 2}", string rehearsal = "", string kind = "procedure") => $$"""
        ---
        runbook: test
        kind: {{kind}}
        summary: A runbook for a test.
        environments: [rehearsal]
        roles:
          {{roles}}
        inputs:
          name: {type: string}
        {{rehearsal}}
        ---

        # Test

        It works on `${name}`.

        {{steps}}

        ## Ends

        ### Completed

        Done.

        ### Failed

        Not done.

        ### Aborted

        Stopped.
        """;

    public const string Make = """
        ## Make it

        ```yaml action
        use: test.thing.make
        with: {name: "${name}"}
        timeout: 30m
        ```

        """;

    public const string Paint = """
        ## Paint it

        ```yaml action
        use: test.thing.paint
        with: {name: "${name}", colour: red}
        timeout: 30m
        ```

        """;

    public const string Look = """
        ## Look at it

        ```yaml action
        use: test.thing.get
        with: {name: "${name}"}
        save: {colour: colour}
        timeout: 30m
        ```

        """;

    public const string Everything = """
        ## Open

        - [ ] The room is closed.
        - [ ] **each custodian**: I am here.

        ## Hand in

        ```yaml ask
        role: custodian
        each: true
        value:
          word: {type: string, examples: [abracadabra]}
        expect: "length(answers) == `3`"
        save: {words: "answers[].word"}
        within: 1h
        ```

        ## Agree

        ```yaml approval
        role: custodian
        over: plan
        within: 30m
        ```

        ## Make it

        ```yaml action
        use: test.thing.make-slowly
        with: {name: "${name}"}
        save: {made: name}
        timeout: 30m
        ```

        ## It is there

        ```yaml probe
        use: test.thing.get
        with: {name: "${name}"}
        expect: "colour == 'plain'"
        every: 15s
        within: 5m
        for: 30s
        ```

        ## Paint it

        ```yaml action
        use: test.thing.paint
        with: {name: "${made}", colour: red}
        timeout: 30m
        ```

        ## Nobody may use it

        ```yaml probe
        use: test.grant.use
        with: {name: "${name}"}
        expect: "status == `403` && error.code == 'AccessDenied'"
        every: 5s
        within: 1m
        ```

        ## Grant them

        ```yaml action
        use: test.grant.create
        with: {names: [a, b, c]}
        expect: "length(value[?status == `200`]) == `3`"
        timeout: 5m
        ```

        ## Lend it

        ```yaml lease
        use: test.grant.create
        with: {name: "${name}"}
        limit: 1h
        ```

        ## It may be used

        ```yaml probe
        same-as: nobody-may-use-it
        expect: "status == `200`"
        within: 5m
        ```

        ## Take it back

        ```yaml revert
        fault: lend-it
        ```

        ## Choose

        - **choose** "Enough" [Close](#close)
        - **choose** "More" [Paint it](#paint-it)

        ## Close

        ```yaml approval
        role: custodian
        over: close
        within: 1h
        ```

        """;

    public const string MadeGood = """
        ## Lend it

        ```yaml lease
        use: test.grant.create
        with: {name: "${name}"}
        limit: 1h
        ```

        ## Paint it

        ```yaml action
        use: test.thing.paint
        with: {name: "${name}", colour: red}
        timeout: 5m
        ```

        - **on success** [Take it back](#take-it-back)
        - **on failure** [Paint it as before](#paint-it-as-before)

        ## Paint it as before

        ```yaml action
        use: test.thing.paint
        with: {name: "${name}", colour: plain}
        timeout: 5m
        ```

        - **on success** [Take it back](#take-it-back)

        ## Take it back

        ```yaml revert
        fault: lend-it
        ```

        - **on success** [Go on](#go-on)
        - **on failure** [It did not go well](#it-did-not-go-well)

        ## Go on

        - [ ] It is painted.
        - **on success** [Completed](#completed)

        ## It did not go well

        - [ ] Somebody knows.
        - **on success** [Failed](#failed)

        """;
}
