/** The shell around the decisions: it carries out effects and reports events. */
@NullMarked
package io.zeoraid.server.storage;

import org.jspecify.annotations.NullMarked;
