package io.zeoraid.config;

import java.nio.file.Path;
import java.util.Optional;

/**
 * An {@code <ssl>} section of {@code <zeo>} or of a backend. That of {@code <zeo>} is also for the
 * connections to the other ZEORaid servers. Or {@code <control-ssl>}, or what the command line says
 * of the same.
 *
 * @param certificate file with the certificate
 * @param key file with the key of the certificate, if it is not in the same file
 * @param passwordFile file whose first line is the key's password
 * @param authenticate file or directory with the certificates to trust; default those of the
 *     system. Always there in {@code <zeo>} and for control
 * @param checkHostname whether the certificate of the one who is connected to must be for its host;
 *     default true at backends. In {@code <zeo>}: whether there is a {@code peer-hostname}
 * @param serverHostname the host name to expect in the certificate instead of the address's; in
 *     {@code <zeo>} it is called {@code peer-hostname}
 */
public record SslConfig(
    Path certificate,
    Optional<Path> key,
    Optional<Path> passwordFile,
    Optional<String> authenticate,
    boolean checkHostname,
    Optional<String> serverHostname) {}
