/** Which view draws which component. Those that are heavy and rare come by themselves. */
import type { ComponentType, VNode } from 'preact';
import { lazy } from '../lazy';
import type { WidgetNode } from './parse';
import { Badge } from './parts/Badge';
import { Box } from './parts/Box';
import { Button } from './parts/Button';
import { Caption } from './parts/Caption';
import { Card } from './parts/Card';
import { Basic } from './parts/Basic';
import { Cell } from './parts/Cell';
import { Checkbox } from './parts/Checkbox';
import { Col } from './parts/Col';
import { ControlBones } from './parts/ControlBones';
import { Divider } from './parts/Divider';
import { Form } from './parts/Form';
import { Icon } from './parts/Icon';
import { Image } from './parts/Image';
import { Input } from './parts/Input';
import { Label } from './parts/Label';
import { ListView } from './parts/ListView';
import { ListViewItem } from './parts/ListViewItem';
import { Markdown } from './parts/Markdown';

import { RadioGroup } from './parts/RadioGroup';
import { Row } from './parts/Row';
import { Spacer } from './parts/Spacer';
import { Table } from './parts/Table';
import { TableRow } from './parts/TableRow';
import { Text } from './parts/Text';
import { Textarea } from './parts/Textarea';
import { Title } from './parts/Title';
import { Transition } from './parts/Transition';
import type { Kind } from './schema';

const Select = lazy<{ node: WidgetNode<'Select'> }>(() => import('./parts/Select'), {
  loading: () => <ControlBones />,
});
const DatePicker = lazy<{ node: WidgetNode<'DatePicker'> }>(() => import('./parts/DatePicker'), {
  loading: () => <ControlBones />,
});
const Chart = lazy<{ node: WidgetNode<'Chart'> }>(() => import('./parts/Chart'));

const PARTS: { readonly [K in Kind]: ComponentType<{ node: WidgetNode<K> }> } = {
  Badge,
  Basic,
  Box,
  Button,
  Caption,
  Card,
  Chart,
  Checkbox,
  Col,
  DatePicker,
  Divider,
  Form,
  Icon,
  Image,
  Input,
  Label,
  ListView,
  ListViewItem,
  Markdown,
  RadioGroup,
  Row,
  Select,
  Spacer,
  Table,
  'Table.Cell': Cell,
  'Table.Row': TableRow,
  Text,
  Textarea,
  Title,
  Transition,
};

export function Part({ node }: { node: WidgetNode }): VNode {
  const Drawn = PARTS[node.kind] as ComponentType<{ node: WidgetNode }>;
  return <Drawn node={node} />;
}
