/**
 * The Kubernetes resources of ZEORaid. The definitions in {@code crds/} and the reference in {@code
 * docs/} are generated from these classes; the build fails if they differ.
 */
@NullMarked
package io.zeoraid.crd;

import org.jspecify.annotations.NullMarked;
