package io.zeoraid.server.net.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class LoggedRefusalTest {
  private static final long SECOND = 1_000_000_000;

  private final LoggedRefusal refusals = new LoggedRefusal();
  private final long start = System.nanoTime() + SECOND;

  @Test
  void isOneLineASecondAndCountsTheOthers() {
    assertEquals(
        Optional.of("refused a client of the control service with the certificate CN=a: late"),
        refusals.line("CN=a", "late", start));
    assertEquals(Optional.empty(), refusals.line("CN=b", "late", start + SECOND - 1));
    assertEquals(
        Optional.of(
            "refused a client of the control service with the certificate CN=c: late"
                + " (and 1 more before)"),
        refusals.line("CN=c", "late", start + SECOND));
  }

  @Test
  void staysALineWhateverTheCertificateSays() {
    assertEquals(
        Optional.of(
            "refused a client of the control service with the certificate a?ERROR ?"
                + "x".repeat(191)
                + "...: late"),
        refusals.line("a\nERROR \u001b" + "x".repeat(1000), "late", start));
  }
}
