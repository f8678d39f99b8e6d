package io.zeoraid.server.cli;

import io.zeoraid.config.Address;
import io.zeoraid.config.ConfigException;
import io.zeoraid.config.RaidStorageConfig;
import io.zeoraid.config.ServerConfig;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code zeoraid serve}: the server itself. */
@Command(name = "serve", description = "Run the server that a zeo.conf describes.")
final class ServeCommand implements Callable<Integer> {
  private final ZeoRaidCommand program;

  @Option(
      names = {"-C", "--configure"},
      paramLabel = "FILE",
      required = true,
      description = "The configuration file (zeo.conf).")
  private Path file = Path.of("zeo.conf");

  @Option(
      names = "--check",
      description = "Read the file, tell what is wrong with it or what it means, and end.")
  private boolean check;

  @Option(
      names = "--control",
      paramLabel = "HOST:PORT",
      converter = TcpAddress.class,
      description = {
        "Where the control service listens.",
        "Default: control-address in the file, else 127.0.0.1 and the ZEO port + 10000."
      })
  private Address.@Nullable Tcp control;

  @Option(
      names = "--http",
      paramLabel = "HOST:PORT",
      converter = TcpAddress.class,
      description = {
        "Where health and metrics are served.",
        "Default: http-address in the file, else 127.0.0.1 and the ZEO port + 20000."
      })
  private Address.@Nullable Tcp http;

  ServeCommand(ZeoRaidCommand program) {
    this.program = program;
  }

  @Override
  public Integer call() {
    if (!program.options().none()) {
      throw new UsageException(
          "the options before 'serve' say which server to ask, but serve asks none;"
              + " --control may stand after 'serve'");
    }
    Surroundings surroundings = program.surroundings();
    try {
      ServeOptions options = options(ServerConfig.load(file, surroundings.environment()));
      return check ? check(options) : surroundings.serveRunner().serve(options);
    } catch (ConfigException e) {
      surroundings.complain("%s can't be used:%n%s".formatted(file, e.getMessage()));
    } catch (StartException e) {
      surroundings.complain(e.getMessage());
    }
    return ExitCode.REFUSED;
  }

  private int check(ServeOptions options) {
    Surroundings surroundings = program.surroundings();
    options.config().notices().forEach(notice -> surroundings.complain(notice.toString()));
    surroundings.print(summary(options));
    return ExitCode.OK;
  }

  private ServeOptions options(ServerConfig config) throws StartException {
    var zeo = config.zeo();
    return new ServeOptions(
        file,
        config,
        ServeAddresses.choose(
            "control", control, zeo.controlAddress(), zeo.address(), ServeAddresses.CONTROL_OFFSET),
        ServeAddresses.choose(
            "http", http, zeo.httpAddress(), zeo.address(), ServeAddresses.HTTP_OFFSET));
  }

  private static String summary(ServeOptions options) {
    String storages =
        options.config().storages().stream()
            .map(ServeCommand::summary)
            .collect(Collectors.joining("; "));
    return "%s can be used: ZEO at %s, control at %s, health and metrics at %s; %s."
        .formatted(
            options.file(),
            options.config().zeo().address(),
            options.controlText(),
            options.http(),
            storages);
  }

  private static String summary(RaidStorageConfig storage) {
    return "storage %s on %s"
        .formatted(
            storage.name(),
            storage.backends().stream()
                .map(backend -> backend.name() + " " + backend.addresses())
                .collect(Collectors.joining(", ")));
  }
}
