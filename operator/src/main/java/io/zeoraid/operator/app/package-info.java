/** The program: how it is set up, started and stopped. */
@NullMarked
package io.zeoraid.operator.app;

import org.jspecify.annotations.NullMarked;
