package io.zeoraid.server.net.tls;

import io.netty.channel.Channel;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.zeoraid.config.SslConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import org.jboss.logging.Logger;

/**
 * What an {@code <ssl>} section stands for, as one side of connections. New connections take what
 * the files held when they were last found good.
 */
public final class Tls {
  private static final Logger LOG = Logger.getLogger(Tls.class);
  private static final long HANDSHAKE_MILLIS = 10_000;
  private static final long CLOSE_MILLIS = 1000;

  private final SslConfig config;
  private final Contexts.Use use;
  private final Executor handshakes;
  private volatile SslContext context;
  private List<String> seen;

  /**
   * Reads the files.
   *
   * @param handshakes does what takes long in a handshake
   * @throws IOException if they can't be used; for people
   */
  Tls(SslConfig config, Contexts.Use use, Executor handshakes) throws IOException {
    this.config = config;
    this.use = use;
    this.handshakes = handshakes;
    this.seen = look();
    this.context = Contexts.read(config, use);
  }

  /**
   * Puts TLS in front of all other handlers of a new channel, which has none yet. The handshake has
   * ten seconds. On the event loop; reads no files.
   *
   * @param host whom to expect, as a client; the configuration may say otherwise. Empty: nobody
   */
  public void secure(Channel channel, String host) {
    SslHandler handler;
    if (use.server()) {
      handler = context.newHandler(channel.alloc(), handshakes);
    } else {
      String expected = config.serverHostname().orElse(host);
      handler = context.newHandler(channel.alloc(), expected, -1, handshakes);
      checkHost(handler.engine());
    }
    handler.setHandshakeTimeoutMillis(HANDSHAKE_MILLIS);
    handler.setCloseNotifyFlushTimeoutMillis(CLOSE_MILLIS);
    channel.pipeline().addFirst(handler, new TlsGuard());
  }

  /** What new connections use now. Any thread; reads no files. */
  SslContext context() {
    return context;
  }

  private void checkHost(SSLEngine engine) {
    SSLParameters parameters = engine.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm(config.checkHostname() ? "HTTPS" : null);
    engine.setSSLParameters(parameters);
  }

  /**
   * Reads the files again if they have changed. Broken ones leave everything as it was, and are an
   * error in the log, once. By one thread, which is not the event loop.
   */
  void refresh() {
    List<String> now = look();
    if (now.equals(seen)) {
      return;
    }
    seen = now;
    try {
      context = Contexts.read(config, use);
      LOG.infof("read %s again: new connections use it", config.certificate());
    } catch (IOException | RuntimeException e) {
      LOG.errorf(
          "TLS goes on with the certificates that it had, for the changed files can't be used: %s",
          e.getMessage());
    }
  }

  /** Names, sizes and times of all files. */
  private List<String> look() {
    List<Path> files = new ArrayList<>(List.of(config.certificate()));
    config.key().ifPresent(files::add);
    config.passwordFile().ifPresent(files::add);
    List<String> looks = new ArrayList<>();
    Optional<Path> authenticate = config.authenticate().map(Path::of);
    try {
      if (authenticate.isPresent()) {
        files.addAll(PemFiles.trusted(authenticate.get()));
      }
    } catch (IOException e) {
      looks.add(String.valueOf(e.getMessage()));
    }
    files.forEach(file -> looks.add(look(file)));
    return looks;
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
