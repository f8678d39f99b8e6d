package io.zeoraid.server.cli;

import io.grpc.Status;
import io.netty.handler.ssl.NotSslRecordException;
import io.zeoraid.config.SslConfig;
import io.zeoraid.server.net.tls.TlsTrouble;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.util.Optional;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Why a connection to the control service failed, if that is for TLS. */
final class TlsFailure {
  /** As RFC 8446 calls those of its alerts that are for a certificate. */
  private static final Pattern CERTIFICATE_ALERT =
      Pattern.compile("Received fatal alert: (\\w*certificate\\w*|unknown_ca|access_denied)");

  private TlsFailure() {}

  /** A reason for people, as the end of "can't reach …: "; empty if TLS is not to blame. */
  static Optional<String> reason(Status status, ConnectionOptions.Target target) {
    if (target.tls().isEmpty()) {
      // A server with TLS ends such a connection without a word that HTTP/2 would understand.
      return status.getCause() == null
          ? Optional.of(
              "it closed the connection at once. Maybe it speaks TLS: then give --certificate and --authority")
          : Optional.empty();
    }
    SslConfig ssl = target.tls().get();
    SSLException failed = find(status.getCause(), SSLException.class);
    if (failed != null) {
      return Optional.of(reason(failed, ssl, target));
    }
    return find(status.getCause(), ConnectException.class) == null
            && find(status.getCause(), UnknownHostException.class) == null
        ? Optional.of(
            "it closed the connection during the TLS handshake. Its log may say why; maybe it does not accept the certificate in "
                + ssl.certificate())
        : Optional.empty();
  }

  private static String reason(
      SSLException failed, SslConfig ssl, ConnectionOptions.Target target) {
    if (find(failed, NotSslRecordException.class) != null) {
      return "it does not speak TLS. Give it a <control-ssl>, or ask it without --certificate and --authority (and what stands for them in the environment)";
    }
    String said = String.valueOf(failed.getMessage());
    if (CERTIFICATE_ALERT.matcher(said).find()) {
      return "it does not accept the certificate in %s (%s). That must be issued by one of those whom the server's <control-ssl> trusts, must not have expired, and must be for clients; the server's log says more"
          .formatted(ssl.certificate(), said);
    }
    if (find(failed, CertificateExpiredException.class) != null
        || find(failed, CertificateNotYetValidException.class) != null) {
      return "its certificate has expired, or is not valid yet (or this machine's clock is wrong): "
          + TlsTrouble.of(failed).getMessage();
    }
    if (find(failed, CertPathBuilderException.class) != null
        || find(failed, CertPathValidatorException.class) != null) {
      return "its certificate is not trusted: it was issued by none of those in %s (%s)"
          .formatted(ssl.authenticate().orElse("the JDK"), TlsTrouble.of(failed).getMessage());
    }
    CertificateException certificate = find(failed, CertificateException.class);
    if (certificate != null && isAboutTheName(certificate)) {
      return "its certificate is not for %s (%s). If it is the right server all the same, give the name in its certificate as --server-hostname"
          .formatted(
              ssl.serverHostname().orElse(target.control().host()), certificate.getMessage());
    }
    return String.valueOf(TlsTrouble.of(failed).getMessage());
  }

  /** The JDK has no class for it. */
  private static boolean isAboutTheName(CertificateException refused) {
    String message = String.valueOf(refused.getMessage());
    return message.startsWith("No subject alternative") || message.startsWith("No name matching");
  }

  private static <T extends Throwable> @Nullable T find(@Nullable Throwable from, Class<T> type) {
    for (Throwable cause = from; cause != null; cause = cause.getCause()) {
      if (type.isInstance(cause)) {
        return type.cast(cause);
      }
    }
    return null;
  }
}
