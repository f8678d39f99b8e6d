package io.zeoraid.server.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;

/** The program {@code zeoraid}. */
@Command(
    name = "zeoraid",
    description = "Runs a RAID of ZEO servers (serve), or asks a running one (the other verbs).",
    synopsisSubcommandLabel = "VERB",
    commandListHeading = "%nVerbs:%n",
    footer = {
      "",
      "The options may stand before or after the verb. 'zeoraid VERB --help' tells more.",
      "Example: zeoraid -H zeo1.example.org -p 8100 -S 1 status"
    })
public final class ZeoRaidCommand {
  private static final String VERSION_RESOURCE = "/zeoraid-version.txt";

  private final Surroundings surroundings;

  @Mixin private ConnectionOptions options = new ConnectionOptions();

  ZeoRaidCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  /**
   * Runs the program in this process, {@code serve} within Quarkus and all else without.
   *
   * @return the exit code
   */
  public static int run(String... arguments) {
    return new ZeoRaidCommand(Surroundings.ofProcess(new QuarkusServe())).execute(arguments);
  }

  /** Runs the program and returns its exit code. */
  int execute(String... arguments) {
    return commandLine().execute(arguments);
  }

  Surroundings surroundings() {
    return surroundings;
  }

  /** The options before the verb. */
  ConnectionOptions options() {
    return options;
  }

  private CommandLine commandLine() {
    var program = new CommandLine(this);
    program
        .addSubcommand(new ServeCommand(this))
        .addSubcommand(new StatusCommand(this))
        .addSubcommand(new DetailsCommand(this))
        .addSubcommand(new WatchCommand(this))
        .addSubcommand(new DisableCommand(this))
        .addSubcommand(new RecoverCommand(this))
        .addSubcommand(new ReloadCommand(this))
        .addSubcommand(new PackCommand(this))
        .addSubcommand(new VerifyCommand(this));
    // After the verbs were added: these reach them all.
    program
        .setOut(surroundings.out())
        .setErr(surroundings.err())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionExceptionHandler(ZeoRaidCommand::handle);
    adapt(program);
    program.getSubcommands().values().forEach(ZeoRaidCommand::adapt);
    return program;
  }

  private static void adapt(CommandLine commandLine) {
    CommandSpec spec = commandLine.getCommandSpec();
    spec.mixinStandardHelpOptions(true).versionProvider(new Version());
    spec.usageMessage().abbreviateSynopsis(true).sortOptions(false);
    spec.exitCodeOnInvalidInput(ExitCode.USAGE).exitCodeOnExecutionException(ExitCode.REFUSED);
  }

  /** What a command throws: {@link UsageException}, else a defect. */
  private static int handle(
      Exception failure, CommandLine commandLine, CommandLine.ParseResult parsed) throws Exception {
    if (failure instanceof UsageException) {
      commandLine.getErr().println("zeoraid: " + failure.getMessage());
      commandLine.getErr().flush();
      return ExitCode.USAGE;
    }
    throw failure;
  }

  private static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      try (InputStream in = ZeoRaidCommand.class.getResourceAsStream(VERSION_RESOURCE)) {
        return new String[] {
          "zeoraid "
              + (in == null
                  ? "of an unknown version"
                  : new String(in.readAllBytes(), StandardCharsets.UTF_8).strip())
        };
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
