/** The command line: {@code zeoraid serve}, and the verbs by which people ask a running server. */
@NullMarked
package io.zeoraid.server.cli;

import org.jspecify.annotations.NullMarked;
