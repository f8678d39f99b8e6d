package io.zeoraid.server.net.tls;

import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.regex.Pattern;
import org.jboss.logging.Logger;

/**
 * One line for each client whose certificate is refused, where nobody else would say it: gRPC keeps
 * it to itself why a handshake failed.
 */
final class LoggedRefusal {
  private static final Logger LOG = Logger.getLogger(LoggedRefusal.class);
  private static final int MAX_NAME = 200;
  private static final Pattern NOT_FOR_LOGS = Pattern.compile("[^\\p{Print}]");

  private LoggedRefusal() {}

  static void of(X509Certificate[] chain, CertificateException why) {
    LOG.warnf(
        "refused a client of the control service with the certificate %s: %s",
        chain.length == 0 ? "" : oneLine(chain[0].getSubjectX500Principal().getName()),
        oneLine(TlsTrouble.innermost(why)));
  }

  /** Whoever connects chooses what stands in his certificate. */
  static String oneLine(String text) {
    return NOT_FOR_LOGS
        .matcher(text.length() > MAX_NAME ? text.substring(0, MAX_NAME) + "..." : text)
        .replaceAll("?");
  }
}
