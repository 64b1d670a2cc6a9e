namespace Runbook.Tui.Sample;

/// <summary>Runbooks for a <see cref="SampleWorld"/>.</summary>
public static class SampleRunbooks
{
    /// <summary>A ceremony with every kind of block, as a custodian would meet them.</summary>
    public const string Ceremony = """
        ---
        runbook: sample
        kind: ceremony
        summary: Create an HSM, agree on it, grant a role for a while, make the first key.
        environments: [rehearsal]
        roles:
          operator: 1
          custodian: {people: 3, quorum: 2}
          witness: 1
        inputs:
          hsm: {type: string, description: Name of the HSM}
          location: {type: string, default: westeurope}
        rehearsal:
          inputs: {hsm: kv-hsm-prod}
          answers: {word: abracadabra}
        ---

        # Make an HSM

        Once for each HSM, in a room, with three custodians and a witness.

        - Have three laptops ready.
        - Have an attendance sheet ready for `${session.id}`.

        ## Open the room

        Nothing has been sent yet. Begin when all of this is true.

        - [ ] The room is closed and the camera is recording.
        - [ ] **witness**: I have seen an identity document of each custodian.
        - [ ] **each custodian**: I brought my own laptop, and nobody else has used it.

        ## Check that the name is free

        ```yaml action
        use: sample.name.check
        with: {name: "${hsm}"}
        expect: nameAvailable
        timeout: 2m
        ```

        - **on failure** [Take stock](#take-stock)

        ## Hand in the words

        ```yaml ask
        role: custodian
        each: true
        value:
          word: {type: string, pattern: '^[a-z]+$', description: "A word that only you would say", examples: [abracadabra]}
          number: {type: integer, minimum: 1, maximum: 9, default: 4, description: How many}
        expect: "length(answers) == `3`"
        save: {words: "answers[].word"}
        within: 1h
        ```

        ## Read it aloud

        > **Operator reads aloud:** "I am about to create `${hsm}` in `${location}`, with the words `${words}`."
        >
        > **Each custodian answers:** "I heard my word."

        - [ ] **each custodian**: I heard my word.

        ## Agree to create

        The plan shows every call to come.

        ```yaml approval
        role: custodian
        over: plan
        within: 30m
        ```

        ## Create the HSM

        It takes about twenty minutes. Leaving the console does not stop it.

        ```yaml action
        use: sample.hsm.create
        with: {name: "${hsm}", location: "${location}"}
        expect: state == 'Provisioned'
        save: {made: name}
        timeout: 60m
        ```

        - **on failure** [Take stock](#take-stock)
        - **on timeout** [Take stock](#take-stock)

        ## Wait until it is ready

        ```yaml probe
        use: sample.hsm.get
        with: {name: "${hsm}"}
        expect: state == 'Ready'
        every: 15s
        within: 15m
        for: 30s
        ```

        ## Lend the role

        ```yaml lease
        use: sample.grant.create
        with: {hsm: "${made}", role: crypto-user}
        limit: 1h
        ```

        ## Make the first key

        ```yaml action
        use: sample.key.create
        with: {hsm: "${made}", name: cmk-storage}
        timeout: 5m
        ```

        ## Look at the key

        - [ ] **witness**: The portal shows the key `cmk-storage`.

        ## Take the role back

        ```yaml revert
        fault: lend-the-role
        ```

        ## Choose what follows

        - **choose** "Close the ceremony" [Close](#close)
        - **choose** "Go through the room once more" [Look around](#look-around)

        ## Look around

        - [ ] Nothing is left on the tables.

        ## Close

        ```yaml approval
        role: custodian
        over: close
        within: 1h
        ```

        - **on success** [Completed](#completed)

        ## Take stock

        - [ ] I wrote down what is there.
        - **on success** [Failed](#failed)

        ## Ends

        ### Completed

        The HSM `${hsm}` is there, with one key and no role lent.

        ### Failed

        At most an HSM that holds nothing.

        ### Aborted

        Whatever was made so far is still there.
        """;

    /// <summary>A drill that breaks something, waits for a person while it is broken, and mends it.</summary>
    public static string Drill { get; } = Of("""
        ## It answers

        ```yaml probe
        use: sample.hsm.get
        with: {name: "${hsm}"}
        expect: state == 'Ready'
        every: 15s
        within: 5m
        ```

        ## Others answer

        ```yaml probe
        use: sample.hsm.get
        with: {name: other}
        expect: state == 'Ready'
        every: 1m
        within: 5m
        ```

        ## Agree to it

        ```yaml approval
        role: custodian
        quorum: 1
        over: plan
        within: 30m
        ```

        ## Break it

        ```yaml fault
        use: sample.grant.create
        with: {hsm: "${hsm}", role: nobody}
        timeout: 5m
        limit: 1h
        blast-radius: {allow: ["/subscriptions/s"]}
        steady-state: [it-answers]
        unharmed: [others-answer]
        ```

        ## Look around

        - [ ] It is broken.

        ## Mend it

        ```yaml revert
        fault: break-it
        ```

        ## It answers again

        ```yaml probe
        same-as: it-answers
        within: 5m
        ```
        """, kind: "drill");

    /// <summary>A procedure of a few steps without an approval, for one thing at a time.</summary>
    /// <param name="steps">The steps, Markdown from the first <c>##</c> on.</param>
    /// <param name="roles">The roles, as YAML of the front matter.</param>
    /// <param name="introduction">Prose before the first step.</param>
    /// <param name="kind">What it is.</param>
    public static string Of(string steps, string roles = "operator: 1\n  custodian: {people: 3, quorum: 2}", string introduction = "It works on `${hsm}`.", string kind = "procedure") => $$"""
        ---
        runbook: sample
        kind: {{kind}}
        summary: A runbook for a test.
        environments: [rehearsal]
        roles:
          {{roles}}
        inputs:
          hsm: {type: string}
        rehearsal:
          inputs: {hsm: kv-hsm-prod}
        ---

        # Sample

        {{introduction}}

        {{steps}}

        ## Ends

        ### Completed

        Done.

        ### Failed

        Not done.

        ### Aborted

        Stopped.
        """;
}
