package io.zeoraid.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * {@code <ssl>}: {@code ZEO/server.xml} in {@code <zeo>}, {@code ZEO/component.xml} in a backend.
 * {@code <control-ssl>} in {@code <zeo>} is ours.
 */
final class SslReader {

  private static final Key.Used<Path> CERTIFICATE = Key.of("certificate", DataTypes.path());
  private static final Key.Used<Path> KEY = Key.of("key", DataTypes.path());
  private static final Key.Used<Path> PASSWORD_FILE = Key.of("password-file", DataTypes.path());
  private static final Key PASSWORD_FUNCTION =
      new Key.Refused(
          "password-function",
          "it names a function in Python, which this server can't call. Write the password into a"
              + " file that only this server may read, and name it as password-file");
  private static final Key.Used<String> AUTHENTICATE = Key.of("authenticate", DataTypes.text());
  private static final Key.Used<Boolean> CHECK_HOSTNAME =
      Key.of("check-hostname", DataTypes.yesOrNo(), "yes");
  private static final Key.Used<String> SERVER_HOSTNAME =
      Key.of("server-hostname", DataTypes.text());

  private static final Key.Used<String> PEER_HOSTNAME = Key.of("peer-hostname", DataTypes.text());

  static final SectionType SERVER =
      new SectionType(
          "ssl",
          List.of(CERTIFICATE, KEY, PASSWORD_FILE, AUTHENTICATE, PEER_HOSTNAME, PASSWORD_FUNCTION));
  static final SectionType CONTROL =
      new SectionType(
          "control-ssl", List.of(CERTIFICATE, KEY, PASSWORD_FILE, AUTHENTICATE, PASSWORD_FUNCTION));
  static final SectionType CLIENT =
      new SectionType(
          "ssl",
          List.of(
              CERTIFICATE,
              KEY,
              PASSWORD_FILE,
              AUTHENTICATE,
              CHECK_HOSTNAME,
              SERVER_HOSTNAME,
              PASSWORD_FUNCTION));

  /** The name of the section type, as a set to pick sections with. */
  static final Set<String> SECTIONS = Set.of("ssl");

  /** Those that {@code <zeo>} may contain. */
  static final Set<String> SECTIONS_OF_ZEO = Set.of("ssl", "control-ssl");

  /** What older ZEOs took in place of files; the stock one lets nobody in with them. */
  private static final Set<String> NO_FILES = Set.of("SIGNED", "DYNAMIC");

  private SslReader() {}

  static Optional<SslConfig> server(Section container, SectionNode node) {
    Section section = container.inner(SERVER, node);
    Optional<String> authenticate = files(section);
    Optional<String> peer = section.find(PEER_HOSTNAME);
    return read(section, authenticate, peer.isPresent(), peer);
  }

  static Optional<SslConfig> control(Section container, SectionNode node) {
    Section section = container.inner(CONTROL, node);
    return read(section, files(section), false, Optional.empty());
  }

  /** What is trusted of those who connect: it must be said. */
  private static Optional<String> files(Section section) {
    Optional<String> authenticate = section.require(AUTHENTICATE);
    if (authenticate.filter(NO_FILES::contains).isPresent()) {
      section.error(
          section.locationOf(AUTHENTICATE),
          "authenticate must be a file or directory with the certificates to trust; %s is for"
                  .formatted(authenticate.get())
              + " programs in Python");
    }
    return authenticate;
  }

  static Optional<SslConfig> client(Section container, SectionNode node) {
    Section section = container.inner(CLIENT, node);
    return read(
        section,
        section.find(AUTHENTICATE),
        section.get(CHECK_HOSTNAME),
        section.find(SERVER_HOSTNAME));
  }

  private static Optional<SslConfig> read(
      Section section,
      Optional<String> authenticate,
      boolean checkHostname,
      Optional<String> serverHostname) {
    section.sections(Set.of());
    Optional<Path> key = section.find(KEY);
    Optional<Path> passwordFile = section.find(PASSWORD_FILE);
    return section
        .require(CERTIFICATE)
        .map(certificate ->
            new SslConfig(
                certificate, key, passwordFile, authenticate, checkHostname, serverHostname));
  }
}
