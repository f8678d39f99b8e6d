/** The ZEORaid server: wiring. */
@NullMarked
package io.zeoraid.server;

import org.jspecify.annotations.NullMarked;
