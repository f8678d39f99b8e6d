package io.zeoraid.server.net.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Reads keys that OpenSSL itself has written. */
class PemFilesTest {
  @TempDir Path folder;

  private Path key() {
    return folder.resolve("key.pem");
  }

  private Path password() {
    return folder.resolve("password");
  }

  @BeforeEach
  void writePassword() throws IOException {
    Files.writeString(password(), "secret\nanother line\n");
  }

  private void openssl(String arguments) throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(("openssl " + arguments).split(" "));
    builder.directory(folder.toFile()).redirectErrorStream(true);
    Process process = builder.start();
    String said = new String(process.getInputStream().readAllBytes());
    assertEquals(0, process.waitFor(), said);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "genrsa -out key.pem 2048",
        "genrsa -traditional -out key.pem 2048",
        "genrsa -aes256 -passout pass:secret -out key.pem 2048",
        "genrsa -traditional -des3 -passout pass:secret -out key.pem 2048",
        "genrsa -traditional -aes128 -passout pass:secret -out key.pem 2048",
      })
  void readsRsaKeysInEachFormat(String how) throws IOException, InterruptedException {
    openssl(how);
    assertEquals("RSA", PemFiles.key(key(), Optional.of(password())).getAlgorithm());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ecparam -name prime256v1 -genkey -out key.pem",
        "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem",
      })
  void readsEllipticCurveKeys(String how) throws IOException, InterruptedException {
    openssl(how);
    assertEquals("EC", PemFiles.key(key(), Optional.empty()).getAlgorithm());
  }

  @Test
  void saysThatPasswordIsMissing() throws IOException, InterruptedException {
    openssl("genrsa -aes256 -passout pass:secret -out key.pem 2048");
    var error =
        assertThrows(TlsException.class, () -> PemFiles.key(key(), Optional.empty())).getMessage();
    assertTrue(error != null && error.contains("password-file"), error);
  }

  @Test
  void saysThatPasswordIsWrong() throws IOException, InterruptedException {
    openssl("genrsa -aes256 -passout pass:other -out key.pem 2048");
    var error =
        assertThrows(TlsException.class, () -> PemFiles.key(key(), Optional.of(password())))
            .getMessage();
    assertTrue(error != null && error.contains("its password is wrong"), error);
  }

  @Test
  void namesFileWithoutCertificate() throws IOException, InterruptedException {
    openssl("genrsa -out key.pem 2048");
    var error = assertThrows(TlsException.class, () -> PemFiles.certificates(key())).getMessage();
    assertTrue(error != null && error.contains("key.pem holds no certificate"), error);
  }
}
