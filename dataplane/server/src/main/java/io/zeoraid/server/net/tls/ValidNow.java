package io.zeoraid.server.net.tls;

import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.function.BiConsumer;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Trusts whom the JDK trusts, if what they show has not expired: the JDK does not look at the dates
 * of a certificate that is trusted by itself, OpenSSL does.
 */
final class ValidNow extends X509ExtendedTrustManager {
  private final X509ExtendedTrustManager jdk;

  private final BiConsumer<X509Certificate[], CertificateException> refused;

  ValidNow(X509ExtendedTrustManager jdk) {
    this(jdk, (_, _) -> {});
  }

  /**
   * @param refused told of each client that is refused over a connection of Netty's; any thread
   */
  ValidNow(
      X509ExtendedTrustManager jdk, BiConsumer<X509Certificate[], CertificateException> refused) {
    this.jdk = jdk;
    this.refused = refused;
  }

  private static void requireValid(X509Certificate[] chain) throws CertificateException {
    if (chain.length > 0) {
      chain[0].checkValidity();
    }
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
      throws CertificateException {
    try {
      requireValid(chain);
      jdk.checkClientTrusted(chain, type, engine);
    } catch (CertificateException e) {
      refused.accept(chain, e);
      throw e;
    }
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
      throws CertificateException {
    requireValid(chain);
    jdk.checkServerTrusted(chain, type, engine);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
      throws CertificateException {
    requireValid(chain);
    jdk.checkClientTrusted(chain, type, socket);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
      throws CertificateException {
    requireValid(chain);
    jdk.checkServerTrusted(chain, type, socket);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
    requireValid(chain);
    jdk.checkClientTrusted(chain, type);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
    requireValid(chain);
    jdk.checkServerTrusted(chain, type);
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return jdk.getAcceptedIssuers();
  }
}
