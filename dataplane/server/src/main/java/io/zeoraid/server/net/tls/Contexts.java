package io.zeoraid.server.net.tls;

import io.grpc.netty.GrpcSslContexts;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.zeoraid.config.SslConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * From the files of an {@code <ssl>} section to Netty's contexts: {@code ssl_config} in {@code
 * ZEO/zconfig.py}. Both sides show a certificate, and both verify the other's. Blocks on files.
 */
final class Contexts {
  /** A session may be resumed without showing the certificate anew; not for long. */
  private static final long SESSION_SECONDS = 60;

  private Contexts() {}

  /** What the context is for. */
  enum Use {
    ZEO_SERVER,
    ZEO_CLIENT,
    GRPC_SERVER,
    GRPC_CLIENT;

    boolean server() {
      return this == ZEO_SERVER || this == GRPC_SERVER;
    }

    /** What is spoken over TLS is negotiated, and must be HTTP/2. */
    boolean grpc() {
      return this == GRPC_SERVER || this == GRPC_CLIENT;
    }
  }

  /**
   * @throws IOException if a file can't be used; for people
   */
  static SslContext read(SslConfig config, Use use) throws IOException {
    List<X509Certificate> chain = PemFiles.certificates(config.certificate());
    PrivateKey key = PemFiles.key(config.key().orElse(config.certificate()), config.passwordFile());
    OwnKey own = new OwnKey(chain, key);
    try {
      requireFitting(config, chain.getFirst(), key);
      TrustManager trust = trust(config.authenticate(), use);
      SslContextBuilder builder =
          use.server()
              ? SslContextBuilder.forServer(own)
              : SslContextBuilder.forClient().keyManager(own);
      if (use.grpc()) {
        GrpcSslContexts.configure(builder, SslProvider.JDK);
      }
      return builder
          .sslProvider(SslProvider.JDK)
          .protocols("TLSv1.3", "TLSv1.2")
          .trustManager(trust)
          .clientAuth(ClientAuth.REQUIRE)
          .sessionTimeout(SESSION_SECONDS)
          .build();
    } catch (GeneralSecurityException e) {
      throw new TlsException("TLS can't be set up: " + e.getMessage(), e);
    }
  }

  private static void requireFitting(SslConfig config, X509Certificate certificate, PrivateKey key)
      throws IOException, GeneralSecurityException {
    String algorithm =
        switch (key.getAlgorithm()) {
          case "RSA" -> "SHA256withRSA";
          case "EC" -> "SHA256withECDSA";
          default -> key.getAlgorithm();
        };
    Signature signature = Signature.getInstance(algorithm);
    signature.initSign(key);
    byte[] signed = signature.sign();
    boolean fits = certificate.getPublicKey().getAlgorithm().equals(key.getAlgorithm());
    if (fits) {
      signature.initVerify(certificate.getPublicKey());
      fits = signature.verify(signed);
    }
    if (!fits) {
      throw new TlsException("the key is not that of the certificate in " + config.certificate());
    }
  }

  private static TrustManager trust(Optional<String> authenticate, Use use)
      throws IOException, GeneralSecurityException {
    @Nullable KeyStore trusted = authenticate.isEmpty() ? null : store(Path.of(authenticate.get()));
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(trusted);
    for (TrustManager manager : factory.getTrustManagers()) {
      if (manager instanceof X509ExtendedTrustManager jdk) {
        return use == Use.GRPC_SERVER
            ? new ValidNow(jdk, new LoggedRefusal()::log)
            : new ValidNow(jdk);
      }
    }
    throw new TlsException("this JDK has no trust manager for X.509");
  }

  private static KeyStore store(Path authenticate) throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    int count = 0;
    for (Path file : PemFiles.trusted(authenticate)) {
      for (X509Certificate certificate : PemFiles.certificates(file)) {
        store.setCertificateEntry("trusted-" + count++, certificate);
      }
    }
    if (count == 0) {
      throw new TlsException(authenticate + " holds no certificate, so nobody would be trusted");
    }
    return store;
  }
}
