/** ResNet-18 (He et al. 2016) for small images as a model definition: a first convolution of 3 × 3, no first pooling. */

const stages = [
  [64, 1],
  [128, 2],
  [256, 2],
  [512, 2],
];

export const resnet18 = {
  engine: "tfjs",
  build(tf, { shape, labels }, seed) {
    let drawn = seed;
    const convolution = (filters, kernelSize, strides) =>
      tf.layers.conv2d({
        filters,
        kernelSize,
        strides,
        padding: "same",
        useBias: false,
        kernelInitializer: tf.initializers.heNormal({ seed: drawn++ }),
      });
    const normalized = (x) => tf.layers.batchNormalization().apply(x);
    const relu = (x) => tf.layers.reLU().apply(x);
    const block = (x, filters, strides) => {
      const first = relu(normalized(convolution(filters, 3, strides).apply(x)));
      const second = normalized(convolution(filters, 3, 1).apply(first));
      const isSame = strides === 1 && x.shape[3] === filters;
      const shortcut = isSame ? x : normalized(convolution(filters, 1, strides).apply(x));
      return relu(tf.layers.add().apply([second, shortcut]));
    };
    const input = tf.input({ shape: [...shape] });
    const scaled = tf.layers.rescaling({ scale: 1 / 127.5, offset: -1 }).apply(input);
    let x = relu(normalized(convolution(64, 3, 1).apply(scaled)));
    for (const [filters, strides] of stages) x = block(block(x, filters, strides), filters, 1);
    const pooled = tf.layers.globalAveragePooling2d({ dataFormat: "channelsLast" }).apply(x);
    const kernelInitializer = tf.initializers.glorotNormal({ seed: drawn++ });
    const units = labels.length;
    const output = tf.layers.dense({ units, activation: "softmax", kernelInitializer }).apply(pooled);
    return tf.model({ inputs: input, outputs: output });
  },
};
