package io.zeoraid.server.net.tls;

import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jboss.logging.Logger;

/**
 * One line for each client whose certificate is refused, where nobody else would say it: gRPC keeps
 * it to itself why a handshake failed. One line a second at most. Any thread.
 */
final class LoggedRefusal {
  private static final Logger LOG = Logger.getLogger(LoggedRefusal.class);
  private static final int MAX_NAME = 200;
  private static final Pattern NOT_FOR_LOGS = Pattern.compile("[^\\p{Print}]");

  private static final long PAUSE_NANOS = 1_000_000_000;

  private long lastNanos = System.nanoTime() - PAUSE_NANOS;
  private long untold;

  void log(X509Certificate[] chain, CertificateException why) {
    String name = chain.length == 0 ? "" : chain[0].getSubjectX500Principal().getName();
    line(name, TlsTrouble.innermost(why), System.nanoTime()).ifPresent(LOG::warn);
  }

  /** What is to be logged now, if anything. */
  synchronized Optional<String> line(String name, String why, long nowNanos) {
    if (nowNanos - lastNanos < PAUSE_NANOS) {
      untold++;
      return Optional.empty();
    }
    String more = untold == 0 ? "" : " (and " + untold + " more before)";
    untold = 0;
    lastNanos = nowNanos;
    return Optional.of(
        "refused a client of the control service with the certificate %s: %s%s"
            .formatted(oneLine(name), oneLine(why), more));
  }

  /** Whoever connects chooses what stands in his certificate. */
  private static String oneLine(String text) {
    return NOT_FOR_LOGS
        .matcher(text.length() > MAX_NAME ? text.substring(0, MAX_NAME) + "..." : text)
        .replaceAll("?");
  }
}
