package io.zeoraid.server.net.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.zeoraid.config.SslConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Issues certificates by OpenSSL itself, for the host zeo.example.org. */
public final class TestAuthority {
  public static final String HOST = "zeo.example.org";

  private final Path folder;

  public TestAuthority(Path folder) throws IOException, InterruptedException {
    this.folder = Files.createDirectory(folder);
    Files.writeString(
        folder.resolve("extensions"),
        "subjectAltName=DNS:" + HOST + "\nextendedKeyUsage=serverAuth,clientAuth\n");
    run(
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=CA"
            + " -keyout ca.key -out ca.pem");
  }

  /** The authority's own certificate. */
  public Path pem() {
    return folder.resolve("ca.pem");
  }

  /** Both sides' section: shows that certificate, trusts this authority, wants its host. */
  public SslConfig config(Path certificate) {
    return new SslConfig(
        certificate,
        Optional.empty(),
        Optional.empty(),
        Optional.of(pem().toString()),
        true,
        Optional.of(HOST));
  }

  /** A file with a certificate and its key. */
  public Path issue(String name) throws IOException, InterruptedException {
    return issue(name, 30);
  }

  /**
   * A file with a certificate and its key.
   *
   * @param days negative: it has expired
   */
  public Path issue(String name, int days) throws IOException, InterruptedException {
    Path both = folder.resolve(name + ".pem");
    run(
        "req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN="
            + name
            + " -keyout "
            + name
            + ".key -out "
            + name
            + ".csr");
    run(
        "x509 -req -in "
            + name
            + ".csr -CA ca.pem -CAkey ca.key -CAcreateserial"
            + " -extfile extensions -out "
            + name
            + ".pem -days "
            + days);
    Files.write(both, Files.readAllBytes(folder.resolve(name + ".key")), StandardOpenOption.APPEND);
    return both;
  }

  private void run(String arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("openssl"));
    command.addAll(List.of(arguments.split(" ")));
    Process process =
        new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes());
    assertEquals(0, process.waitFor(), said);
  }
}
