package io.zeoraid.server.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.handler.ssl.SslContext;
import io.zeoraid.server.control.FakeControl;
import io.zeoraid.server.control.HandClockwork;
import io.zeoraid.server.control.LoopbackControl;
import io.zeoraid.server.net.tls.TestAuthority;
import io.zeoraid.server.net.tls.TlsFiles;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The command line with TLS, against real control services on the loopback interface. */
@Timeout(60)
final class CliTlsTest {
  private static final Instant NOW = Instant.parse("2026-03-10T12:00:00Z");

  @TempDir static Path folder;
  private static final TlsFiles FILES = new TlsFiles();
  private static TestAuthority good;
  private static TestAuthority other;
  private static Path client;
  private static LoopbackControl secure;
  private static LoopbackControl plain;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private Map<String, String> environment = Map.of();

  @BeforeAll
  static void start() throws Exception {
    good = new TestAuthority(folder.resolve("good"));
    other = new TestAuthority(folder.resolve("other"));
    client = good.issue("client");
    secure = control(FILES.grpcServer(good.config(good.issue("server"))));
    plain = control(null);
  }

  private static LoopbackControl control(@Nullable SslContext tls) throws Exception {
    return LoopbackControl.start(new FakeControl(), new HandClockwork(NOW), tls);
  }

  @AfterAll
  static void stop() throws Exception {
    secure.close();
    plain.close();
    FILES.close();
  }

  @Test
  void asksOverTlsBeforeAndAfterTheVerb() {
    assertEquals(0, run(secure, tls(client, good) + " status"));
    assertEquals(0, run(secure, "status " + tls(client, good)));
    assertEquals("optimal\n".repeat(2), out.toString());
  }

  @Test
  void theEnvironmentStandsInForOptions() {
    environment =
        Map.of(
            "ZEORAID_CONTROL_CERTIFICATE",
            client.toString(),
            "ZEORAID_CONTROL_AUTHORITY",
            good.pem().toString(),
            "ZEORAID_CONTROL_SERVER_HOSTNAME",
            TestAuthority.HOST,
            "ZEORAID_CONTROL_KEY",
            "");

    assertEquals(0, run(secure, "status"));
    assertEquals(2, run(secure, "status --authority " + other.pem()));
  }

  @Test
  void theKeyInTheEnvironmentIsNotThatOfACertificateInAnOption() {
    environment = Map.of("ZEORAID_CONTROL_KEY", folder.resolve("other.key").toString());

    assertEquals(0, run(secure, tls(client, good) + " status"));
  }

  @Test
  void readsAKeyWithAPasswordFromAFileOfItsOwn() throws Exception {
    Path key = folder.resolve("encrypted.key");
    Path password = Files.writeString(folder.resolve("password"), "secret\n");
    Process openssl =
        new ProcessBuilder(
                "openssl",
                "pkcs8",
                "-topk8",
                "-in",
                client.toString(),
                "-passout",
                "pass:secret",
                "-out",
                key.toString())
            .start();
    assertEquals(0, openssl.waitFor());

    assertEquals(
        0,
        run(
            secure,
            tls(client, good) + " --key " + key + " --password-file " + password + " status"));
    assertEquals(64, run(secure, tls(client, good) + " --key " + key + " status"));
    assertTrue(err.toString().contains("needs a password"), err.toString());
  }

  @Test
  void saysThatTheServerSpeaksTls() {
    assertEquals(2, run(secure, "status"));
    complained("Maybe it speaks TLS: then give --certificate and --authority");
  }

  @Test
  void saysThatTheServerSpeaksNoTls() {
    assertEquals(2, run(plain, tls(client, good) + " status"));
    complained("it does not speak TLS");
  }

  @Test
  void saysThatTheServerRefusesTheCertificate() throws Exception {
    Path stranger = other.issue("stranger");

    assertEquals(2, run(secure, tls(stranger, good) + " status"));
    complained("does not accept the certificate in " + stranger);
  }

  @Test
  void saysThatTheServerIsNotTrusted() {
    assertEquals(2, run(secure, tls(client, other) + " status"));
    complained("its certificate is not trusted: it was issued by none of those in " + other.pem());
  }

  @Test
  void saysThatTheServerHasAnotherName() {
    String tls = tls(client, good).replace(TestAuthority.HOST, "zeo2.example.org");

    assertEquals(2, run(secure, tls + " status"));
    complained("its certificate is not for zeo2.example.org (");
    complained("--server-hostname");
  }

  @Test
  void saysThatTheServersCertificateHasExpired() throws Exception {
    try (var late = control(FILES.grpcServer(good.config(good.issue("late", -1))))) {
      assertEquals(2, run(late, tls(client, good) + " status"));
    }
    complained("its certificate has expired");
  }

  @Test
  void saysThatNobodyListensAsWithoutTls() throws Exception {
    LoopbackControl gone = control(null);
    gone.close();

    assertEquals(2, run(gone, tls(client, good) + " status"));
    complained("nobody listens there");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"--certificate c.pem", "--authority ca.pem", "--key k", "--server-hostname h"})
  void halfOfItIsNoTls(String half) {
    assertEquals(64, run(secure, half + " status"));
    complained("needs both --certificate");
  }

  @Test
  void namesAFileThatIsNotThere() {
    assertEquals(64, run(secure, tls(folder.resolve("nix.pem"), good) + " status"));
    complained("TLS: can't read " + folder.resolve("nix.pem"));
  }

  private static String tls(Path certificate, TestAuthority authority) {
    return "--server-hostname %s --certificate %s --authority %s"
        .formatted(TestAuthority.HOST, certificate, authority.pem());
  }

  private void complained(String words) {
    assertTrue(err.toString().contains(words), err.toString());
  }

  private int run(LoopbackControl server, String arguments) {
    return new ZeoRaidCommand(
            new Surroundings(
                new PrintWriter(out),
                new PrintWriter(err),
                environment,
                InstantSource.fixed(NOW),
                options -> {
                  throw new AssertionError("nobody asked to serve");
                }))
        .execute(("--control 127.0.0.1:" + server.port() + " " + arguments).split(" "));
  }
}
