using Runbook.Cli;

return await CommandLine.RunAsync(args, CliConsole.OfProcess()).ConfigureAwait(false);
