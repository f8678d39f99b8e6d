package io.zeoraid.operator.servers;

import io.grpc.netty.GrpcSslContexts;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The operator's certificate for control services, in files that a Secret is mounted as: {@code
 * tls.crt}, {@code tls.key}, and {@code ca.crt}, by which servers are known. The kubelet replaces
 * the files when the Secret changes; they are looked at each time. Threads: any; blocks on files.
 */
public final class OwnCertificate {
  private static final Logger LOG = Logger.getLogger(OwnCertificate.class);
  private static final List<String> KEYS = List.of("tls.crt", "tls.key", "ca.crt");

  private final Optional<Path> folder;
  private List<String> seen = List.of();
  private @Nullable SslContext context;
  private String trouble = "";

  /**
   * Reads nothing yet.
   *
   * @param folder where the files are, or will be; empty: the operator was given none
   */
  public OwnCertificate(Optional<Path> folder) {
    this.folder = folder;
  }

  /**
   * What new connections use: that of the files as they are, or as they were when they could last
   * be used.
   *
   * @throws IOException if they never could; says what would help
   */
  synchronized SslContext context() throws IOException {
    if (folder.isEmpty()) {
      throw new IOException(
          "the operator has no certificate to show to a control service with TLS; give it one by the"
              + " Helm value controlTls.secretName, or take spec.servers.controlTls away");
    }
    List<String> now = KEYS.stream().map(key -> look(folder.get().resolve(key))).toList();
    if (!now.equals(seen)) {
      seen = now;
      read(folder.get());
    }
    SslContext found = context;
    if (found == null) {
      throw new IOException(trouble);
    }
    return found;
  }

  private void read(Path folder) {
    try {
      context =
          GrpcSslContexts.configure(SslContextBuilder.forClient(), SslProvider.JDK)
              .keyManager(file(folder, "tls.crt"), file(folder, "tls.key"))
              .trustManager(file(folder, "ca.crt"))
              .build();
      LOG.infof("read the certificate for control services in %s", folder);
    } catch (IOException | RuntimeException e) {
      String why =
          Stream.of(e, e.getCause()).filter(it -> it != null).toList().getLast().toString();
      trouble =
          "the operator's certificate for control services can't be used: %s. The Secret that the Helm value controlTls.secretName names must be in the operator's namespace, with %s"
              .formatted(why, String.join(", ", KEYS));
      LOG.errorf("%s%s", trouble, context == null ? "" : "; it goes on with the one that it had");
    }
  }

  private static File file(Path folder, String key) throws IOException {
    Path file = folder.resolve(key);
    if (!Files.exists(file)) {
      throw new IOException(file + " is missing");
    }
    return file.toFile();
  }

  private static String look(Path file) {
    try {
      BasicFileAttributes found = Files.readAttributes(file, BasicFileAttributes.class);
      return file + " " + found.size() + " " + found.lastModifiedTime() + " " + found.fileKey();
    } catch (IOException e) {
      return file + " is missing";
    }
  }
}
