package io.zeoraid.server.net.tls;

import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.openssl.PEMEncryptedKeyPair;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.X509TrustedCertificateBlock;
import org.bouncycastle.openssl.bc.BcPEMDecryptorProvider;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.bouncycastle.pkcs.PKCS8EncryptedPrivateKeyInfo;
import org.jspecify.annotations.Nullable;

/**
 * Reads certificates and keys as OpenSSL writes them: PKCS#8 and the traditional formats, each with
 * or without a password. Blocks on files: not for the event loop.
 */
final class PemFiles {
  /** A file with all certificate authorities of a system has some 250 KB. */
  private static final long MAX_BYTES = 4L << 20;

  private static final int MAX_FILES = 1000;

  private PemFiles() {}

  /**
   * The certificates of a file, in its order; at least one.
   *
   * @throws IOException if there is none or one can't be read; names the file
   */
  static List<X509Certificate> certificates(Path file) throws IOException {
    List<X509Certificate> certificates = new ArrayList<>();
    for (Object part : parts(file)) {
      X509CertificateHolder holder =
          switch (part) {
            case X509CertificateHolder plain -> plain;
            case X509TrustedCertificateBlock trusted -> trusted.getCertificateHolder();
            case org.bouncycastle.cert.X509CRLHolder _ ->
                throw new TlsException(
                    file
                        + " holds a revocation list, which is not supported; remove the revoked"
                        + " certificate from what is trusted");
            default -> null;
          };
      if (holder != null) {
        certificates.add(certificate(file, holder));
      }
    }
    if (certificates.isEmpty()) {
      throw new TlsException(file + " holds no certificate (-----BEGIN CERTIFICATE-----)");
    }
    return certificates;
  }

  private static X509Certificate certificate(Path file, X509CertificateHolder holder)
      throws IOException {
    try {
      return new JcaX509CertificateConverter().getCertificate(holder);
    } catch (GeneralSecurityException e) {
      throw new TlsException(file + ": broken certificate: " + e.getMessage(), e);
    }
  }

  /** The files that count: the file itself, or those in the directory whatever they are called. */
  static List<Path> trusted(Path fileOrDirectory) throws IOException {
    if (!Files.isDirectory(fileOrDirectory)) {
      return List.of(fileOrDirectory);
    }
    try (Stream<Path> listed = Files.list(fileOrDirectory)) {
      List<Path> files =
          listed.filter(Files::isRegularFile).limit(MAX_FILES + 1L).sorted().toList();
      if (files.size() > MAX_FILES) {
        throw new TlsException(fileOrDirectory + " holds more than " + MAX_FILES + " files");
      }
      return files;
    }
  }

  /**
   * The first private key of a file.
   *
   * @param passwordFile its first line is the password
   * @throws IOException if there is none, or the password does not fit; names the file
   */
  static PrivateKey key(Path file, Optional<Path> passwordFile) throws IOException {
    for (Object part : parts(file)) {
      PrivateKey key = key(file, part, passwordFile);
      if (key != null) {
        return key;
      }
    }
    throw new TlsException(file + " holds no private key (-----BEGIN PRIVATE KEY-----)");
  }

  private static @Nullable PrivateKey key(Path file, Object part, Optional<Path> passwordFile)
      throws IOException {
    try {
      PrivateKeyInfo info =
          switch (part) {
            case PrivateKeyInfo plain -> plain;
            case PEMKeyPair pair -> pair.getPrivateKeyInfo();
            case PEMEncryptedKeyPair pair ->
                pair.decryptKeyPair(new BcPEMDecryptorProvider(password(file, passwordFile)))
                    .getPrivateKeyInfo();
            case PKCS8EncryptedPrivateKeyInfo encrypted ->
                decrypt(encrypted, password(file, passwordFile));
            default -> null;
          };
      return info == null ? null : new JcaPEMKeyConverter().getPrivateKey(info);
    } catch (TlsException e) {
      throw e;
    } catch (IOException | GeneralSecurityException | RuntimeException e) {
      throw new TlsException(
          file + ": the key can't be read, or its password is wrong: " + e.getMessage(), e);
    }
  }

  /** PKCS#8 by the JDK alone: OpenSSL's ways to encrypt have their names in their parameters. */
  private static PrivateKeyInfo decrypt(PKCS8EncryptedPrivateKeyInfo encrypted, char[] password)
      throws IOException, GeneralSecurityException {
    EncryptedPrivateKeyInfo info = new EncryptedPrivateKeyInfo(encrypted.getEncoded());
    boolean pbes2 = info.getAlgName().equals("PBES2") || info.getAlgName().startsWith("1.2.840");
    String algorithm = pbes2 ? info.getAlgParameters().toString() : info.getAlgName();
    SecretKey secret =
        SecretKeyFactory.getInstance(algorithm).generateSecret(new PBEKeySpec(password));
    Cipher cipher = Cipher.getInstance(algorithm);
    cipher.init(Cipher.DECRYPT_MODE, secret, info.getAlgParameters());
    return PrivateKeyInfo.getInstance(info.getKeySpec(cipher).getEncoded());
  }

  private static char[] password(Path key, Optional<Path> file) throws IOException {
    if (file.isEmpty()) {
      throw new TlsException(key + " needs a password; name a file with it as password-file");
    }
    return text(file.get()).lines().findFirst().orElse("").toCharArray();
  }

  private static List<Object> parts(Path file) throws IOException {
    List<Object> parts = new ArrayList<>();
    try (Reader reader = new StringReader(text(file));
        PEMParser parser = new PEMParser(reader)) {
      for (Object part = parser.readObject(); part != null; part = parser.readObject()) {
        parts.add(part);
      }
    } catch (TlsException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      throw new TlsException(file + " is no good PEM file: " + e.getMessage(), e);
    }
    return parts;
  }

  private static String text(Path file) throws IOException {
    try {
      if (Files.size(file) > MAX_BYTES) {
        throw new TlsException(file + " has more than " + MAX_BYTES + " bytes");
      }
      return Files.readString(file, java.nio.charset.StandardCharsets.ISO_8859_1);
    } catch (TlsException e) {
      throw e;
    } catch (IOException e) {
      throw new TlsException("can't read " + file + ": " + e, e);
    }
  }
}
