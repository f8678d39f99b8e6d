package io.zeoraid.operator.servers;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;

/** Issues certificates by OpenSSL, into folders as a Secret of cert-manager is mounted. */
final class Authority {
  private final Path folder;

  Authority(Path folder) throws IOException, InterruptedException {
    this.folder = Files.createDirectory(folder);
    run("req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=CA -keyout ca.key -out ca.crt");
  }

  /** Writes tls.crt, tls.key in the traditional format, and ca.crt. */
  void issue(Path into, String host) throws IOException, InterruptedException {
    Files.writeString(
        folder.resolve("extensions"),
        "subjectAltName=DNS:" + host + "\nextendedKeyUsage=serverAuth,clientAuth\n");
    run("req -new -newkey rsa:2048 -nodes -subj /CN=one -keyout new.key -out new.csr");
    run(
        "x509 -req -in new.csr -CA ca.crt -CAkey ca.key -CAcreateserial -extfile extensions"
            + " -out tls.crt -days 30");
    run("rsa -in new.key -traditional -out tls.key");
    Files.createDirectories(into);
    for (String key : List.of("tls.crt", "tls.key", "ca.crt")) {
      Path fresh = into.resolve("." + key);
      Files.copy(folder.resolve(key), fresh);
      Files.move(fresh, into.resolve(key), StandardCopyOption.REPLACE_EXISTING);
    }
  }

  private void run(String arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("openssl"));
    command.addAll(List.of(arguments.split(" ")));
    Process process =
        new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    assertEquals(0, process.waitFor(), said);
  }
}
