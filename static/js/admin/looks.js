// How every chart looks; what it shows, and in which colours, is charts.js's.
const { animation, datasets, elements, interaction, plugins, scale } = window.Chart.defaults;

window.Chart.defaults.maintainAspectRatio = false;
if (matchMedia("(prefers-reduced-motion: reduce)").matches) window.Chart.defaults.animation = false;
else animation.duration = 250;
Object.assign(interaction, { mode: "index", intersect: false });
// A day without neighbours has no line, so it is a point.
const radius = ({ dataset: { data }, dataIndex: at }) =>
  [data?.[at - 1], data?.[at + 1]].some((value) => value != null) ? 0 : 3;
Object.assign(elements.point, { radius, hitRadius: 12 });
elements.bar.borderRadius = 2;
datasets.bar.maxBarThickness = 40;
scale.ticks.maxRotation = 0;
plugins.legend.align = "start";
Object.assign(plugins.legend.labels, { usePointStyle: true, boxHeight: 9 });
plugins.tooltip.filter = ({ raw }) => raw !== null;
